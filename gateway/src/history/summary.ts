import type { ArchivedMessage } from "../ports/archive.ts";
import type { ConversationSummary } from "../ports/conversation-summaries.ts";
import type { ModelTurn } from "../ports/model.ts";

/**
 * Turns (question and answer) beyond the summary after which the next one is made: 20 messages, as R16 says, and
 * as many as working memory holds, so that nothing falls out of it unsummarised.
 */
const TURNS_UNTIL_SUMMARY = 10;
/** Turns that stay word for word when it is made. */
const TURNS_KEPT = 5;
/** Characters of one message that the summary's model is shown. */
const MESSAGE_CHARACTERS = 4_000;

const INSTRUCTION = `You keep the memory of a conversation between a user and an assistant.
Write a summary that lets the assistant go on as if it remembered: who the user is and wants, facts, names,
numbers and decisions, what was answered, what is still open. Plain sentences, at most 250 words, nothing
that was not said. Where there is a summary so far, bring it up to date.`;

/**
 * Up to which question the next summary reaches, or null where none is due.
 *
 * @param position the latest question's that was answered
 */
export function summaryDue(position: number, summary: ConversationSummary | null): number | null {
  return position - (summary?.position ?? 0) >= TURNS_UNTIL_SUMMARY ? position - TURNS_KEPT : null;
}

/** What the summary's model is asked. */
export function summaryRequest(
  messages: readonly ArchivedMessage[],
  summary: ConversationSummary | null,
): { system: string; turns: ModelTurn[] } {
  const said = messages
    .filter(({ role, content }) => role !== "system" && content.trim() !== "")
    .map(
      ({ role, content }) =>
        `${role === "user" ? "User" : "Assistant"}: ${content.slice(0, MESSAGE_CHARACTERS)}`,
    );
  const soFar = summary === null ? [] : [`Summary so far:\n${summary.text}\n`];
  return { system: INSTRUCTION, turns: [{ role: "user", content: [...soFar, ...said].join("\n\n") }] };
}

/** A system prompt that also says what was said before the turns. */
export function withSummary(systemPrompt: string, summary: ConversationSummary | null): string {
  if (summary === null) return systemPrompt;
  return `${systemPrompt}\n\nWhat was said earlier in this conversation, in short:\n${summary.text}`;
}

/** The messages that a summary does not cover. */
export function afterSummary(
  messages: readonly ArchivedMessage[],
  summary: ConversationSummary | null,
): readonly ArchivedMessage[] {
  return summary === null ? messages : messages.filter(({ position }) => position > summary.position);
}
