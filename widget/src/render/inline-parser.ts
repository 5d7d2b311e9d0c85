import { decodeEntities } from "./entities.ts";

/** What a line of text is made of. A string is text as it is shown. */
export type Inline =
  | string
  | { readonly type: "strong" | "em" | "del"; readonly children: readonly Inline[] }
  | { readonly type: "code"; readonly text: string }
  | {
      readonly type: "link";
      readonly href: string;
      readonly title: string;
      readonly children: readonly Inline[];
    }
  | { readonly type: "image"; readonly href: string; readonly title: string; readonly alt: string }
  | { readonly type: "break" };

/** Something opened and not closed yet: a run of marks, or a bracket. */
interface Frame {
  readonly mark: string;
  /** Marks left of the run; a bracket has one, and none once it can no longer become a link. */
  count: number;
  readonly children: Inline[];
}

/** Things open at once, from which on further marks are text: no answer of a person's is nested like that. */
const DEEPEST = 40;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;
const ADDRESS = /<((?:https?:\/\/|mailto:)[^\s<>]*)>/y;
const BARE_ADDRESS = /https?:\/\/[^\s<>]+/y;
const LINE_BREAK = /<br\s*\/?>/iy;
/** `(destination "title")`; its parts are short, so that no text makes the search long. */
const TARGET =
  /\(\s*(?:<([^<>\n]{0,2000})>|((?:[^\s()\\]|\\.|\([^\s()]{0,500}\)){0,2000}))(?:\s+(?:"([^"\n]{0,300})"|'([^'\n]{0,300})'))?\s*\)/y;
const OPEN_TARGET = /\([^()\n]*$/y;

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/** Full stops and brackets behind an address belong to the sentence, unless they close one in it. */
function trimAddress(address: string): string {
  let surplus = address.split(")").length - address.split("(").length;
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1] ?? "";
    if (!/[.,;:!?'")\]*_~]/.test(last) || (last === ")" && surplus <= 0)) break;
    if (last === ")") surplus--;
  }
  return address.slice(0, end);
}

/**
 * Reads the marks within a block: emphasis, code, links, pictures, breaks. HTML is text. In time linear in the
 * text, whatever it holds.
 *
 * @param growing whether more may come behind it: what is open is then shown as if it were closed
 */
export function parseInline(text: string, growing = false): Inline[] {
  const root: Frame = { mark: "", count: 0, children: [] };
  const frames: Frame[] = [root];
  const open: Record<string, number> = {};
  const unclosedCode = new Set<number>();
  let plain = 0;
  let index = 0;

  const top = (): Frame => frames[frames.length - 1] ?? root;
  function add(inline: Inline): void {
    const { children } = top();
    const last = children.length - 1;
    if (typeof inline === "string" && typeof children[last] === "string") children[last] += inline;
    else if (inline !== "") children.push(inline);
  }
  function flush(end: number): void {
    add(decodeEntities(text.slice(plain, end)));
  }
  /** Takes what was read from here on as one thing, and goes on behind it. */
  function take(inline: Inline, length: number): void {
    flush(index);
    add(inline);
    index += length;
    plain = index;
  }
  function push(mark: string, count: number): void {
    frames.push({ mark, count, children: [] });
    open[mark] = (open[mark] ?? 0) + 1;
  }
  /** Removes the last frame; what it opened is text after all. */
  function drop(): void {
    const { mark, count, children } = frames.pop() ?? root;
    if (count > 0) open[mark] = (open[mark] ?? 1) - 1;
    add(mark.startsWith("!") || mark === "[" ? mark : mark.repeat(count));
    for (const child of children) add(child);
  }
  function dropDownTo(frame: Frame): void {
    while (top() !== frame) drop();
  }

  function marks(mark: string): void {
    let end = index;
    while (text[end] === mark) end++;
    let count = end - index;
    const before = text[index - 1] ?? " ";
    const after = text[end] ?? " ";
    const isWord = mark === "_";
    const opens = !/\s/.test(after) && !(isWord && WORD.test(before));
    const closes = !/\s/.test(before) && !(isWord && WORD.test(after));
    flush(index);
    index = end;
    plain = end;
    while (closes && count > 0 && (open[mark] ?? 0) > 0) {
      const opener = frames.findLast((frame) => frame.mark === mark && frame.count > 0);
      if (opener === undefined || (mark === "~" && count < 2)) break;
      dropDownTo(opener);
      if (opener.children.length === 0) break;
      const used = count >= 2 && opener.count >= 2 ? 2 : 1;
      close(opener, used);
      count -= used;
    }
    const usable = mark === "~" ? count === 2 : count > 0;
    // At the very end it can't be told yet whether it opens.
    if (growing && end === text.length && count > 0) return;
    if (usable && opens && frames.length < DEEPEST) push(mark, count);
    else add(mark.repeat(count));
  }

  /** Makes emphasis of what stands in the last frame, by so many of its marks. */
  function close(frame: Frame, used: number): void {
    const type = frame.mark === "~" ? "del" : used === 2 ? "strong" : "em";
    const inline: Inline = { type, children: frame.children.splice(0) };
    frame.count -= frame.mark === "~" ? frame.count : used;
    if (frame.count === 0) {
      open[frame.mark] = (open[frame.mark] ?? 1) - 1;
      frames.pop();
    }
    add(inline);
  }

  function code(): void {
    let end = index;
    while (text[end] === "`") end++;
    const length = end - index;
    let closing = unclosedCode.has(length) ? -1 : end;
    while (closing !== -1) {
      closing = text.indexOf("`", closing);
      if (closing === -1) break;
      let after = closing;
      while (text[after] === "`") after++;
      if (after - closing === length) break;
      closing = after;
    }
    if (closing === -1) unclosedCode.add(length);
    const until = closing === -1 ? text.length : closing;
    if (closing === -1 && !growing) {
      index = end;
      return;
    }
    const inside = text.slice(end, until).replace(/\n/g, " ");
    const padded = /^ (.*[^ ].*) $/.exec(inside);
    const shown = padded?.[1] ?? inside;
    take(shown === "" ? "" : { type: "code", text: shown }, until + (closing === -1 ? 0 : length) - index);
  }

  function bracketClosed(): void {
    const opener = frames.findLast(({ mark, count }) => count > 0 && (mark === "[" || mark === "!["));
    if (opener === undefined) {
      index++;
      return;
    }
    const target = at(TARGET, text, index + 1);
    const unfinished = growing && (index + 1 === text.length || at(OPEN_TARGET, text, index + 1) !== null);
    if (target === null && !unfinished) {
      opener.count = 0;
      open[opener.mark] = (open[opener.mark] ?? 1) - 1;
      index++;
      return;
    }
    flush(index);
    plain = index;
    dropDownTo(opener);
    frames.pop();
    open[opener.mark] = (open[opener.mark] ?? 1) - 1;
    const { children } = opener;
    if (target === null) {
      if (opener.mark === "[") for (const child of children) add(child);
      index = text.length;
      plain = index;
      return;
    }
    const [whole, bracketed, bare = "", double, single] = target;
    const href = decodeEntities((bracketed ?? bare).replace(/\\([!-/:-@[-`{-~])/g, "$1"));
    const title = decodeEntities(double ?? single ?? "");
    if (opener.mark === "[") add({ type: "link", href, title, children });
    else add({ type: "image", href, title, alt: plainText(children) });
    index += 1 + whole.length;
    plain = index;
  }

  while (index < text.length) {
    const character = text[index] as string;
    const next = text[index + 1] ?? "";
    if (character === "\\" && next === "\n") take("", 1);
    else if (character === "\\" && PUNCTUATION.test(next)) take(next, 2);
    else if (character === "\n") {
      const spaces = /^[ \t]*/.exec(text.slice(index + 1, index + 200))?.[0].length ?? 0;
      flush(index);
      plain = index;
      const { children } = top();
      const last = children.length - 1;
      if (typeof children[last] === "string") children[last] = children[last].trimEnd();
      plain = index;
      take({ type: "break" }, 1 + spaces);
    } else if (character === "*" || character === "_") marks(character);
    else if (character === "~" && next === "~") marks(character);
    else if (character === "`") code();
    else if (character === "[" || (character === "!" && next === "[")) {
      const mark = character === "[" ? "[" : "![";
      if (frames.length < DEEPEST) {
        take("", mark.length);
        push(mark, 1);
      } else index += mark.length;
    } else if (character === "]") bracketClosed();
    else if (character === "<") {
      const address = at(ADDRESS, text, index);
      const lineBreak = at(LINE_BREAK, text, index);
      const href = address?.[1];
      if (address && href)
        take({ type: "link", href, title: "", children: [href.replace(/^mailto:/, "")] }, address[0].length);
      else if (lineBreak) take({ type: "break" }, lineBreak[0].length);
      else index++;
    } else if (character === "h" && !WORD.test(text[index - 1] ?? " ")) {
      const href = trimAddress(at(BARE_ADDRESS, text, index)?.[0] ?? "");
      if (href.length > "https://".length)
        take({ type: "link", href, title: "", children: [href] }, href.length);
      else index++;
    } else index++;
  }
  flush(text.length);

  while (frames.length > 1) {
    const frame = top();
    if (!growing || frame.count === 0) drop();
    else if (frame.children.length === 0 || frame.mark.endsWith("[")) {
      frames.pop();
      if (frame.mark === "[") for (const child of frame.children) add(child);
    } else close(frame, Math.min(frame.count, 2));
  }
  return root.children;
}

/** The text of inlines, without their marks. */
export function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return inline;
      if (inline.type === "code") return inline.text;
      if (inline.type === "image") return inline.alt;
      return inline.type === "break" ? " " : plainText(inline.children);
    })
    .join("");
}
