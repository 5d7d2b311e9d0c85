import { z } from "zod";

/** Ids of messages, replies and conversations: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export const Id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -")
  .describe("1 to 64 of A-Z a-z 0-9 _ -");

/** Text in which every surrogate has its partner, so that it survives UTF-8. */
export const Text = z.string().refine((text) => text.isWellFormed(), {
  message: "must be well-formed Unicode (it holds a lone surrogate)",
  abort: true,
});

/** A whole number of chunks, epochs or items. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A moment. */
export const Instant = z.iso.datetime().describe("ISO 8601 in UTC, as 2026-11-02T09:30:00.000Z");

/** How many Unicode characters a text holds: code points, as JSON Schema's `maxLength` counts. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Whether a text holds at most so many characters, without walking one that is plainly too long. */
export function fits(text: string, characters: number): boolean {
  if (text.length <= characters) return true;
  return text.length <= characters * 2 && countCharacters(text) <= characters;
}

/** Well-formed text of so many characters: a comment, a reason, a title, a cursor. */
export function boundedText(most: number, least: 0 | 1 = 0): typeof Text {
  return Text.refine((text) => text.length >= least && fits(text, most), {
    message: least === 0 ? `must be at most ${most} characters` : `must be ${least} to ${most} characters`,
  }).meta({ ...(least === 0 ? {} : { minLength: least }), maxLength: most });
}

/**
 * Words of which a later server may send more. The published schema names the known ones and lets any
 * string pass; one this version does not know is read as `unknown`.
 */
export function openEnum<const Words extends readonly string[]>(words: Words, unknown: Words[number]) {
  return z.union([z.enum(words), z.string().transform((): Words[number] => unknown)]);
}
