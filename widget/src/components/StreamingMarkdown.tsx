import type { ReadonlySignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { CodeBlock } from "./CodeBlock.tsx";
import { useView, useWords } from "./view.ts";

/** An answer's text, formatted while it grows. It is drawn anew only where its own text changes. */
export function StreamingMarkdown({ text, whole }: { text: ReadonlySignal<string>; whole: boolean }) {
  const { markdown, gateway } = useView();
  const { table } = useWords();
  const made = markdown.value;
  const shown = useMemo(
    () => made?.createMarkdown({ page: document.baseURI, gateway, Code: CodeBlock, table }),
    [made, gateway, table],
  );
  if (shown === undefined) return <div class="prose plain">{text.value}</div>;
  return (
    <div class="prose" data-growing={!whole}>
      {shown.render(text.value, whole)}
    </div>
  );
}
