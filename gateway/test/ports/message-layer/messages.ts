import type { ArchivedMessage } from "../../../src/ports/archive.ts";

/** A question, as the archive would have it. */
export function question(position: number, fields: Partial<ArchivedMessage> = {}): ArchivedMessage {
  return {
    id: `q:${position}`,
    clientId: `client {${position}}`,
    role: "user",
    position,
    content: `question ${position} 🙂\u0000\n`,
    at: 1_800_000_000_000 + position,
    ...fields,
  };
}

/** Its answer. */
export function answer(position: number, fields: Partial<ArchivedMessage> = {}): ArchivedMessage {
  return {
    id: `a:${position} %`,
    role: "assistant",
    position,
    content: `answer ${position}`,
    at: 1_800_000_000_000 + position,
    to: `q:${position}`,
    model: "model",
    usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 3 },
    ...fields,
  };
}

/** Questions of so many positions from one on, each followed by its answer. */
export function turns(first: number, last: number): ArchivedMessage[] {
  return Array.from({ length: last - first + 1 }, (_, index) => [
    question(first + index),
    answer(first + index),
  ]).flat();
}
