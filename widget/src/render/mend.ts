/** A line that may still become something else: a list's, heading's or rule's marker with nothing after it. */
const BARE_MARKER = /(^|\n)[ \t]*(?:[-=*+#>_]+|\d{1,9}[.)]?)[ \t]*$/;
/** A table's first row, with at most the beginning of the row that makes it one. */
const UNMADE_TABLE = /(^|\n)[ \t]*\|[^\n]*(?:\n[ \t]*\|?[-:| \t]*)?$/;
/** A link or picture that is still being written, at the very end. */
const OPEN_LINK = /!?\[([^[\]\n]*)(?:\](?:\([^()\n]*)?)?$/;

/**
 * Text whose end is still being written, so that it can be shown without flicker: what has been opened is closed,
 * and what can't be told yet waits. Only the last lines are changed; a whole text is shown unmended.
 */
export function mend(text: string): string {
  const fence = openFence(text);
  if (fence !== null) return text.replace(new RegExp(`\\n[ \\t]*${fence[0]}{1,${fence.length}}[ \\t]*$`), "");
  const table = UNMADE_TABLE.exec(text);
  const start = text.lastIndexOf("\n\n") + 1;
  if (table !== null && (table.index <= start || table.index === 0)) return text.slice(0, table.index);
  const settled = text.slice(0, start);
  const last = text.slice(start).replace(BARE_MARKER, "$1");
  return settled + closeMarks(last);
}

/** The marker of the code block that is open at the end, or null. */
function openFence(text: string): string | null {
  let open: string | null = null;
  for (const [, marker = "", rest = ""] of text.matchAll(
    /^[ \t]*(?:[-*+] |\d+[.)] )?[ \t]*(`{3,}|~{3,})(.*)$/gm,
  )) {
    if (open === null) open = marker;
    else if (marker[0] === open[0] && marker.length >= open.length && rest.trim() === "") open = null;
  }
  return open;
}

function closeMarks(text: string): string {
  const codes = text.split("`").length - 1;
  if (codes % 2 === 1) return text.endsWith("`") ? text.slice(0, -1) : `${text}\``;
  let mended = text.replace(OPEN_LINK, "$1");
  const marks = mended.replace(/`[^`]*`/g, "");
  for (const mark of ["**", "~~", "*"]) {
    const count = (mark === "*" ? marks.replace(/\*\*|^[ \t]*\*[ \t]/gm, "") : marks).split(mark).length - 1;
    if (count % 2 === 0) continue;
    // Opened a moment ago, with nothing in it yet: it waits.
    mended = mended.endsWith(mark) ? mended.slice(0, -mark.length) : closeWith(mended, mark);
  }
  return mended;
}

/** A mark closes only directly after a word, so that spaces at the end move behind it. */
function closeWith(text: string, mark: string): string {
  const words = text.trimEnd();
  return words + (words.endsWith("*") && mark === "**" ? "*" : mark) + text.slice(words.length);
}
