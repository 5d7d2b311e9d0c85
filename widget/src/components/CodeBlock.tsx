import { Icon } from "./Icon.tsx";
import { useCopy } from "./use-copy.ts";
import { useWords } from "./view.ts";

/** A block of code with its language and a button that copies it. */
export function CodeBlock({ language, text }: { language: string; text: string }) {
  const words = useWords();
  const { copied, copy } = useCopy(() => text);
  return (
    <figure class="code">
      <figcaption>
        <span>{language || words.code}</span>
        <button type="button" onClick={copy}>
          <Icon name={copied ? "check" : "copy"} />
          {copied ? words.copied : words.copy}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by the keyboard. */}
      <pre tabIndex={0} dir="ltr">
        <code>{text}</code>
      </pre>
    </figure>
  );
}
