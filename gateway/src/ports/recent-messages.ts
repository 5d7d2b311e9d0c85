import type { ArchivedMessage } from "./archive.ts";
import type { Scope } from "./scope.ts";

/** Messages that one conversation's working memory holds at most. Source: requirement R13. */
export const RECENT_MESSAGES = 20;

/**
 * Working memory (L1): the last messages of conversations, oldest first, each answer after its question.
 * It may forget a conversation at any time; what it holds is never less than what was put there last.
 */
export interface RecentMessages {
  /** The messages, or null where it knows nothing of the conversation. */
  read(scope: Scope, conversation: string): Promise<readonly ArchivedMessage[] | null>;
  /** Replaces what it knows. */
  write(scope: Scope, conversation: string, messages: readonly ArchivedMessage[]): Promise<void>;
  /** Appends, where the conversation is known: a question at the end, an answer after its question. */
  add(scope: Scope, conversation: string, message: ArchivedMessage): Promise<void>;
  /** Forgets a conversation. */
  drop(scope: Scope, conversation: string): Promise<void>;
}
