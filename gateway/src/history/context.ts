import type { ArchivedMessage } from "../ports/archive.ts";
import type { ModelTurn } from "../ports/model.ts";

/** What bounds a context. */
export interface ContextBounds {
  /** Tokens that the turns may take together. */
  readonly tokens: number;
  /** Counts a text's tokens. */
  estimate(text: string): number;
}

/**
 * The turns a model is given: the conversation up to the question, which stands last, as many of the latest
 * as fit. Pure. Answers that ended early stay, as far as they got; what is empty or a system's is left out,
 * and the first turn is a user's, since models refuse anything else.
 *
 * @param messages oldest first, the question last
 */
export function assembleContext(messages: readonly ArchivedMessage[], bounds: ContextBounds): ModelTurn[] {
  const turns: ModelTurn[] = [];
  let left = bounds.tokens;
  for (const message of messages.toReversed()) {
    if (message.role === "system" || message.content.trim() === "") continue;
    left -= bounds.estimate(message.content);
    if (left < 0 && turns.length > 0) break;
    turns.unshift({ role: message.role, content: message.content });
  }
  while (turns[0] !== undefined && turns[0].role !== "user") turns.shift();
  return turns;
}
