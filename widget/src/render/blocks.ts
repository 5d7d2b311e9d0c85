import { type Block, parseBlocks } from "./block-parser.ts";

/** A text as blocks: what has settled is the very same object ever after, so that it is drawn once. */
export interface Blocks {
  /**
   * Reads the text as it stands now.
   *
   * @param whole false while more may come
   */
  read(text: string, whole: boolean): readonly Block[];
}

/** Complete lines of the next block with which a block has settled: a table is told by its second. */
const LINES_TO_SETTLE = 2;
/** Marks with nothing behind them yet, which may still become anything. */
const BARE_MARKS = /^(?:[-=*+#>_`~|:\s]*|\s*\d{1,9}[.)]?\s*|\s*(?:[-*+]|\d{1,9}[.)])\s+\[[ xX]?\]?\s*)$/;
/** A row of what may become a table. */
const ROW = /^[ \t]*\|/;

/** Takes away lines at the end that can't be told yet, so that nothing is shown as what it is not. */
function withoutUntold(lines: readonly string[]): readonly string[] {
  const last = lines.length - 1;
  const told = BARE_MARKS.test(lines[last] ?? "") ? lines.slice(0, last) : lines;
  const header = told.length - 1;
  const isHeader = ROW.test(told[header] ?? "") && !ROW.test(told[header - 1] ?? "");
  return isHeader && last - header < LINES_TO_SETTLE ? told.slice(0, header) : told;
}

/** Whether a code block is open at the end, in which no line is a marker of anything else. */
function isInCode(blocks: readonly Block[], lines: readonly string[]): boolean {
  const last = blocks.at(-1);
  if (last === undefined) return false;
  if (last.type === "list") return isInCode(last.items.at(-1)?.blocks ?? [], lines);
  if (last.type === "quote") return isInCode(last.blocks, lines);
  return last.type === "code" && !/^[ \t>]*(?:`{3,}|~{3,})[ \t]*$/.test(lines.at(-2) ?? "");
}

/**
 * Makes the reader of one growing text: only what stands behind the settled blocks is read again. A block has
 * settled once the lines that tell where the next one begins are complete; no further text can change it then.
 */
export function createBlocks(): Blocks {
  let settledText = "";
  let settled: Block[] = [];

  return {
    read(given, whole) {
      const text = given.includes("\r") ? given.replace(/\r\n?/g, "\n") : given;
      if (!text.startsWith(settledText)) {
        settledText = "";
        settled = [];
      }
      const lines = text.slice(settledText.length).split("\n");
      const placed = parseBlocks(lines);
      const blocks = placed.map(({ block }) => block);
      if (whole) return [...settled, ...blocks];

      // The last line is incomplete until a line break stands behind it.
      const from = placed.findLastIndex(({ line }) => line + LINES_TO_SETTLE < lines.length);
      const begin = placed[from]?.line ?? 0;
      if (from > 0) {
        settledText += lines
          .slice(0, begin)
          .map((line) => `${line}\n`)
          .join("");
        settled = [...settled, ...blocks.slice(0, from)];
      }
      const tail = lines.slice(from > 0 ? begin : 0);
      const shown = isInCode(blocks, lines) ? withoutFence(tail) : withoutUntold(tail);
      return [...settled, ...parseBlocks(shown).map(({ block }) => block)];
    },
  };
}

/** The beginning of the line that closes a code block is no code. */
function withoutFence(lines: readonly string[]): readonly string[] {
  return /^[ \t]*(?:`{1,2}|~{1,2})$/.test(lines.at(-1) ?? "") ? lines.slice(0, -1) : lines;
}
