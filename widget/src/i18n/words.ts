import { en, type Words } from "./en.ts";

/**
 * The catalogue with a site's own words in place of ours.
 *
 * @param settings those named `text.<key>` replace the word of that key; unknown keys are ignored
 */
export function wordsFor(settings: Readonly<Record<string, string | number | boolean>>): Words {
  const words: Record<string, string> = { ...en };
  for (const key of Object.keys(en)) {
    const own = settings[`text.${key}`];
    if (own !== undefined) words[key] = String(own);
  }
  return words as Words;
}

/** Puts values in the places of a phrase: `fill("in {seconds} s", { seconds: 5 })`. A place without a value stays. */
export function fill(phrase: string, values: Readonly<Record<string, string | number>>): string {
  return phrase.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The words for an error's code: what happened, for people. */
export function errorWords(words: Words, code: string): string {
  return (words as Readonly<Record<string, string>>)[`error.${code}`] ?? words["error.other"];
}
