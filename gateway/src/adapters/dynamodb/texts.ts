import type { DynamoDb } from "./database.ts";
import { textKey } from "./keys.ts";
import type { Staged } from "./user-log.ts";

/** Characters kept with their message: at three bytes each they and the rest stay under the 400 KB of an item. */
const INLINE_CHARACTERS = 100_000;

/** A text as its message keeps it, and the items to be written before that. */
export interface StoredText {
  readonly fields: { readonly content: string; readonly more?: readonly string[] };
  readonly staged: readonly Staged[];
}

/** Splits a text that is too long for one item. `token` is of the write that it belongs to. */
export function storedText(pk: string, token: string, content: string): StoredText {
  const [first = "", ...rest] = pieces(content);
  if (rest.length === 0) return { fields: { content }, staged: [] };
  const staged = rest.map((text, part) => ({ key: { pk, sk: textKey(token, part) }, set: { text } }));
  return { fields: { content: first, more: staged.map(({ key }) => key.sk) }, staged };
}

/** The whole text of a message. */
export async function wholeText(
  db: DynamoDb,
  pk: string,
  { content, more = [] }: { readonly content: string; readonly more?: readonly string[] },
): Promise<string> {
  if (more.length === 0) return content;
  const parts = await db.getAll<{ text: string }>(more.map((sk) => ({ pk, sk })));
  return content + parts.map((part) => part?.text ?? lost(pk)).join("");
}

/** A text's first characters. */
export function head(text: string, characters: number): string {
  let head = "";
  let count = 0;
  for (const character of text) {
    if (count++ === characters) break;
    head += character;
  }
  return head;
}

function lost(pk: string): never {
  throw new Error(`a part of a text of ${pk} is missing`);
}

/** Cut between characters: half of a surrogate pair is no text. */
function pieces(text: string): string[] {
  const all: string[] = [];
  for (let from = 0; from < text.length; ) {
    const end = from + INLINE_CHARACTERS;
    const to = isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end;
    all.push(text.slice(from, to));
    from = to;
  }
  return all;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
