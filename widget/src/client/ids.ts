import type { ClientEnvironment } from "./types.ts";

/**
 * Makes ids for frames: 1 to 64 of `A-Z a-z 0-9 _ -`, unique a user across tabs and loads.
 * `crypto.randomUUID` is absent on pages served over plain HTTP, so time, a counter and randomness serve.
 */
export function createIds({ now, random }: ClientEnvironment): () => string {
  let count = 0;
  const part = (): string => random().toString(36).slice(2, 12);
  return () => `${now().toString(36)}-${(count++).toString(36)}-${part()}${part()}`;
}
