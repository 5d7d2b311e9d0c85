import type { Scope } from "./scope.ts";

/** Seconds for which a summary is kept. Source: requirement R16. */
export const SUMMARY_SECONDS = 7 * 24 * 60 * 60;

/** What a conversation was about, up to a place in it. */
export interface ConversationSummary {
  readonly text: string;
  /** The last question's position that it covers, its answer included. */
  readonly position: number;
}

/** Rolling summaries of conversations (L4). They may be forgotten at any time, and are made anew then. */
export interface ConversationSummaries {
  read(scope: Scope, conversation: string): Promise<ConversationSummary | null>;
  /**
   * Puts a summary, unless one that covers as much is there, or the claim is void: its seconds are over, it was
   * given back, or the conversation was dropped since.
   */
  write(scope: Scope, conversation: string, summary: ConversationSummary, claim: string): Promise<void>;
  /** Forgets the summary, and makes every claim void. */
  drop(scope: Scope, conversation: string): Promise<void>;
  /**
   * Takes the right to make the next summary: of any number of callers at once, one gets it, for so many
   * seconds at most.
   *
   * @returns the claim's name, or null where somebody else has it
   */
  claim(scope: Scope, conversation: string, seconds: number): Promise<string | null>;
  /** Gives a claim back; one that is void or another's is left alone. */
  unclaim(scope: Scope, conversation: string, claim: string): Promise<void>;
  /** Forgets summaries and claims of a user's conversations. @returns of how many there was one */
  eraseUser(scope: Scope, conversations: readonly string[]): Promise<number>;
}
