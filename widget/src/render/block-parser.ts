/** What a text is made of. Texts in blocks are not read for marks yet. */
export type Block =
  | { readonly type: "paragraph"; readonly text: string }
  | { readonly type: "heading"; readonly depth: number; readonly text: string }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "quote"; readonly blocks: readonly Block[] }
  | { readonly type: "list"; readonly start: number | null; readonly items: readonly ListItem[] }
  | { readonly type: "table"; readonly sides: readonly Side[]; readonly rows: readonly (readonly string[])[] }
  | { readonly type: "rule" };

/** An item of a list; `checked` is null where it is no task. */
export interface ListItem {
  readonly checked: boolean | null;
  readonly blocks: readonly Block[];
}

/** Where a column's text stands. */
export type Side = "left" | "center" | "right" | null;

/** A block and the line it begins on. */
export interface Placed {
  readonly block: Block;
  readonly line: number;
}

/** Quotes and lists within each other, from which on markers are text. */
const DEEPEST = 16;
const BLANK = /^[ \t]*$/;
const FENCE = /^([ \t]*)(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^([ \t]*)([-*+]|\d{1,9}[.)])(?:([ \t]+)(\S.*)?)?$/;
const DASHES = /^:?-+:?$/;

function indentOf(line: string): number {
  let indent = 0;
  for (const character of line) {
    if (character === " ") indent++;
    else if (character === "\t") indent += 4 - (indent % 4);
    else break;
  }
  return indent;
}

function outdent(line: string, by: number): string {
  let taken = 0;
  let index = 0;
  while (taken < by && (line[index] === " " || line[index] === "\t")) {
    taken += line[index] === "\t" ? 4 - (taken % 4) : 1;
    index++;
  }
  return " ".repeat(Math.max(0, taken - by)) + line.slice(index);
}

function cellsOf(line: string): string[] {
  const row = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

/** Whether a table begins on that line, with a row of dashes below its header. */
function beginsTable(lines: readonly string[], at: number): boolean {
  const header = lines[at] ?? "";
  const below = lines[at + 1] ?? "";
  if (!header.includes("|") || !below.includes("-")) return false;
  const dashes = cellsOf(below);
  return dashes.every((cell) => DASHES.test(cell)) && cellsOf(header).length === dashes.length;
}

/** Whether a line begins a block even directly below a paragraph. */
function interrupts(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line)) return true;
  const [, , marker = "", , content] = ITEM.exec(line) ?? [];
  if (content !== undefined && (/^[-*+]$/.test(marker) || /^1[.)]$/.test(marker))) return true;
  return beginsTable(lines, at);
}

/**
 * Reads a text's blocks, line by line: headings, fenced code, quotes, lists, tables, rules, paragraphs. A subset
 * of GitHub's Markdown, chosen so that a line's meaning never depends on later ones but for a table's second: no
 * headings by underlining (`---` is a rule), no code by indenting, no link definitions; HTML is text.
 */
export function parseBlocks(lines: readonly string[], depth = 0): Placed[] {
  const placed: Placed[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = at;
    const [block, next] = readBlock(lines, at, depth);
    at = next;
    if (block !== null) placed.push({ block, line });
  }
  return placed;
}

const blocksOf = (lines: readonly string[], depth: number): Block[] =>
  parseBlocks(lines, depth).map(({ block }) => block);

function readBlock(lines: readonly string[], at: number, depth: number): [Block | null, number] {
  const line = lines[at] ?? "";
  if (BLANK.test(line)) return [null, at + 1];
  const fence = FENCE.exec(line);
  if (fence) return readCode(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading) {
    const [, marks = "#", text = ""] = heading;
    return [
      { type: "heading", depth: marks.length, text: text.trimEnd().replace(/(^|[ \t])#+$/, "") },
      at + 1,
    ];
  }
  if (RULE.test(line)) return [{ type: "rule" }, at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) return readQuote(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return readList(lines, at, depth);
  if (beginsTable(lines, at)) return readTable(lines, at);
  return readParagraph(lines, at);
}

function readCode(lines: readonly string[], at: number, fence: RegExpExecArray): [Block, number] {
  const [, indent = "", marker = "", info = ""] = fence;
  const text: string[] = [];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    const closing = /^[ \t]*(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
    if (closing?.startsWith(marker)) break;
    text.push(outdent(line, indentOf(indent)));
  }
  return [{ type: "code", language: info.trim().split(/\s/)[0] ?? "", text: text.join("\n") }, end + 1];
}

function readQuote(lines: readonly string[], at: number, depth: number): [Block, number] {
  const inside: string[] = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    const continues = inside.length > 0 && !BLANK.test(inside.at(-1) ?? "") && !interrupts(lines, end);
    if (QUOTE.test(line)) inside.push(line.replace(QUOTE, ""));
    else if (!BLANK.test(line) && continues) inside.push(line);
    else break;
  }
  return [{ type: "quote", blocks: blocksOf(inside, depth + 1) }, end];
}

const isOrdered = (marker: string): boolean => /\d/.test(marker);

function readList(lines: readonly string[], at: number, depth: number): [Block, number] {
  const first = ITEM.exec(lines[at] ?? "")?.[2] ?? "-";
  const kind = first.slice(-1);
  const outer = indentOf(lines[at] ?? "");
  const items: ListItem[] = [];
  let end = at;
  while (end < lines.length) {
    const found = ITEM.exec(lines[end] ?? "");
    const [, , marker = "", gap = "", content = ""] = found ?? [];
    const isOwn = found !== null && marker.slice(-1) === kind && isOrdered(marker) === isOrdered(first);
    if (!isOwn || RULE.test(lines[end] ?? "")) break;
    const indent = indentOf(lines[end] ?? "");
    if (indent < outer) break;
    const inner = indent + marker.length + (gap.length > 4 || content === "" ? 1 : gap.length);
    const [inside, next] = gather(lines, end + 1, { inner, ordered: isOrdered(marker), indent });
    const task = /^\[([ xX])\][ \t]+/.exec(content);
    const text = task ? content.slice(task[0].length) : content;
    items.push({
      checked: task ? task[1] !== " " : null,
      blocks: blocksOf([text, ...inside.map((line) => outdent(line, inner))], depth + 1),
    });
    end = next;
  }
  return [{ type: "list", start: isOrdered(first) ? Number.parseInt(first, 10) : null, items }, end];
}

/** The lines that belong to an item behind its first one, and the line that no longer does. */
function gather(
  lines: readonly string[],
  from: number,
  { inner, ordered, indent }: { inner: number; ordered: boolean; indent: number },
): [string[], number] {
  const inside: string[] = [];
  let end = from;
  let blanks = 0;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (BLANK.test(line)) {
      blanks++;
      continue;
    }
    const item = ITEM.exec(line);
    // Models indent what stands under `1.` by two as often as by three.
    const isNested = ordered && item !== null && !isOrdered(item[2] ?? "") && indentOf(line) >= indent + 2;
    const isInside = indentOf(line) >= inner || isNested;
    const isLazy = blanks === 0 && item === null && !interrupts(lines, end);
    if (!isInside && !isLazy) break;
    for (; blanks > 0; blanks--) inside.push("");
    inside.push(isNested && indentOf(line) < inner ? " ".repeat(inner) + line.trimStart() : line);
  }
  return [inside, end - (end < lines.length ? 0 : blanks)];
}

function readTable(lines: readonly string[], at: number): [Block, number] {
  const header = cellsOf(lines[at] ?? "");
  const sides = cellsOf(lines[at + 1] ?? "").map((dashes): Side => {
    const [left, right] = [dashes.startsWith(":"), dashes.endsWith(":")];
    return right ? (left ? "center" : "right") : left ? "left" : null;
  });
  const rows = [header];
  let end = at + 2;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (BLANK.test(line) || (!line.includes("|") && interrupts(lines, end))) break;
    const cells = cellsOf(line);
    rows.push(header.map((_, column) => cells[column] ?? ""));
  }
  return [{ type: "table", sides, rows }, end];
}

function readParagraph(lines: readonly string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < lines.length && !BLANK.test(lines[end] ?? "") && !interrupts(lines, end)) end++;
  return [{ type: "paragraph", text: lines.slice(at, end).join("\n").trim() }, end];
}
