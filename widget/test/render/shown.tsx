import { h, render } from "preact";
import { createMarkdown, type MarkdownOptions } from "../../src/render/markdown.tsx";

/** A code block in short. */
function Code({ language, text }: { language: string; text: string }) {
  return (
    <pre data-language={language}>
      <code>{text}</code>
    </pre>
  );
}

const OPTIONS: MarkdownOptions = {
  page: "https://shop.test/page",
  gateway: "https://gateway.test",
  Code,
  table: "Table",
};

/** A place where a growing text is shown. */
export interface Shown {
  readonly element: HTMLElement;
  /** Shows the text as it stands now, and returns its HTML. */
  show(text: string, whole: boolean): string;
}

/** Makes such a place, with nothing in it. */
export function makeShown(): Shown {
  const element = document.createElement("div");
  const markdown = createMarkdown(OPTIONS);
  return {
    element,
    show(text, whole) {
      render(h("div", null, markdown.render(text, whole)), element);
      return element.innerHTML;
    },
  };
}

/** A whole text's HTML. */
export function html(text: string): string {
  return makeShown()
    .show(text, true)
    .replace(/^<div>|<\/div>$/g, "");
}
