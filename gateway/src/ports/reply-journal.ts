import type { Scope } from "./scope.ts";

/** What an attempt at a reply has asked of a model. */
export interface ModelAttempt {
  /** The model's name in the table. */
  readonly model: string;
  /** Tokens of the prompt: the provider's count where it has told one, else an estimate. */
  readonly inputTokens: number;
}

/** New text of a running reply, or word that it has begun. */
export interface JournalEntry extends Scope {
  readonly reply: string;
  readonly epoch: number;
  /** What is asked of a model. Absent: as in the entries before it, or nothing. */
  readonly attempt?: ModelAttempt;
  /** Text since the entry before, appended. */
  readonly text: string;
  /** The reply's chunks before this text. Absent: all that is held, which nobody doubts. */
  readonly after?: number;
  /** The reply's chunks so far, this entry's included. 0: it has begun, and said nothing yet. */
  readonly seq: number;
}

/** What the journal holds of a reply: it has begun. */
export interface JournaledReply {
  readonly epoch: number;
  /** Absent where no model was asked. */
  readonly attempt?: ModelAttempt;
  readonly seq: number;
  readonly text: string;
}

/**
 * The text of running replies, kept where it outlives this process, written about once a second in one batch:
 * never per token. An entry of a higher epoch replaces what a lower one wrote; of a lower epoch it is dropped,
 * and so is one whose `seq` is not beyond what is held: a batch may be written again. One that was thought lost may
 * have been written: what follows `after` is told anew, and takes the place of that. Where what comes before `after`
 * is not held, the entry is dropped: no text is better than half of one.
 */
export interface ReplyJournal {
  append(entries: readonly JournalEntry[]): Promise<void>;
  read(scope: Scope, reply: string): Promise<JournaledReply | null>;
  /** Forgets what was written of a reply up to that epoch; called when its end is in the archive. */
  drop(scope: Scope, reply: string, epoch: number): Promise<void>;
  /**
   * Forgets all of a user's replies, and takes nothing more of those that are named, however late it comes.
   *
   * @param replies of the user that have not ended: whoever runs one may be about to write
   * @returns of how many replies something was held
   */
  eraseUser(scope: Scope, replies: readonly string[]): Promise<number>;
  /** Forgets text that came before a moment, milliseconds since 1970: what was left of replies that have ended. */
  expire(before: number): Promise<number>;
}
