import type { Usage } from "@parlance/protocol";
import type { ModelTurn } from "../ports/model.ts";
import { estimateTokens } from "./estimate-tokens.ts";

/** Characters of the end that are quoted: enough to stand in a text only once. */
const QUOTED_CHARACTERS = 200;

/**
 * The turns that follow a question whose answer broke off, so that a model goes on with it.
 *
 * @param text the answer so far, without white space at its end
 * @param prefill whether the model goes on with an assistant's turn in last place; others are asked to, by a user's
 *   turn that quotes the end
 */
export function goOnTurns(text: string, prefill: boolean): ModelTurn[] {
  const answer: ModelTurn = { role: "assistant", content: text };
  return prefill ? [answer] : [answer, { role: "user", content: request(ending(text)) }];
}

/**
 * What the whole answer takes of its tenant, where one attempt began it and another went on: one prompt, and all of
 * the text. That the second one had to read the beginning is not the tenant's doing.
 *
 * @param usage the second attempt's
 * @param kept the beginning; empty where there is none
 */
export function joinedUsage(usage: Usage, kept: string): Usage {
  if (kept === "") return usage;
  const readAgain = estimateTokens(kept);
  const inputTokens = Math.max(0, usage.inputTokens - readAgain);
  return {
    inputTokens,
    outputTokens: usage.outputTokens + readAgain,
    cachedInputTokens: Math.min(usage.cachedInputTokens, inputTokens),
    estimated: true,
  };
}

function request(end: string): string {
  return `Your answer was cut off. These are its last words, between the marks:

<<<${end}>>>

Write the rest of it, from the very next character on. Repeat nothing, and add no greeting, excuse or remark: the two parts are put together as they are. Where nothing is missing, write nothing.`;
}

function ending(text: string): string {
  const end = text.slice(-QUOTED_CHARACTERS);
  // Never half a surrogate pair.
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}
