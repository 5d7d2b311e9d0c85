import type { Block, MessagesRequest } from "./validate.ts";

/** Characters of an answer's end that are looked for; a shorter end than the second may be in any text. */
const QUOTED_CHARACTERS = 40;
const FEWEST_QUOTED = 8;

/** What a request asks. */
export interface Asked {
  /** The text of the question: where its directives stand. */
  readonly question: string;
  /** What there is of its answer: it is to be gone on with from there. Empty: it is to be begun. */
  readonly begun: string;
}

/**
 * Reads what is asked. An answer is gone on with, as models do, where it stands last, or where a user's message
 * without directives quotes its end.
 */
export function readAsked({ messages }: Pick<MessagesRequest, "messages">): Asked {
  const [before, answer, last] = [messages.at(-3), messages.at(-2), messages.at(-1)];
  const text = textOf(last?.content);
  if (last?.role === "assistant") return { question: textOf(answer?.content), begun: text };
  const begun = textOf(answer?.content);
  const end = begun.slice(-QUOTED_CHARACTERS);
  const quoted = end.length >= FEWEST_QUOTED && text.includes(end) && !text.includes("[[sim");
  const goesOn = answer?.role === "assistant" && quoted;
  return goesOn ? { question: textOf(before?.content), begun } : { question: text, begun: "" };
}

/** Tokens without the text that they are to follow; all of them where they do not begin with it. */
export function tokensAfter(tokens: readonly string[], begun: string): readonly string[] {
  let left = begun;
  let used = 0;
  for (const token of tokens) {
    if (left === "" || !left.startsWith(token)) break;
    left = left.slice(token.length);
    used++;
  }
  const [next = "", ...rest] = tokens.slice(used);
  if (left === "") return tokens.slice(used);
  return next.startsWith(left) ? [next.slice(left.length), ...rest] : tokens;
}

function textOf(blocks: readonly Block[] | undefined): string {
  return (blocks ?? []).map((block) => block.text ?? "").join("\n");
}
