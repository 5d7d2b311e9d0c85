import type { ModelProvider, ModelRequest, StreamPart } from "../../../src/ports/model.ts";

/** A request that any model would take. */
export const REQUEST: ModelRequest = {
  model: "claude-haiku-5-5",
  system: "Be brief.",
  turns: [{ role: "user", content: "Hello" }],
  maxOutputTokens: 1_000,
  userDigest: "digest-of-someone",
};

/** The same, asking something else. */
export const asking = (content: string): ModelRequest => ({ ...REQUEST, turns: [{ role: "user", content }] });

/** What became of a call: the parts it gave, and what it rejected with, undefined where it resolved. */
export interface Outcome {
  readonly parts: readonly StreamPart[];
  readonly text: string;
  readonly error: unknown;
}

/** Calls a provider once and gathers what comes. */
export async function collect(
  provider: ModelProvider,
  request: ModelRequest = REQUEST,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const parts: StreamPart[] = [];
  let error: unknown;
  try {
    await provider.stream(request, (part) => parts.push(part), signal);
  } catch (thrown) {
    error = thrown;
  }
  return { parts, text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""), error };
}
