import type { ArchivedMessage } from "./archive.ts";
import type { Scope, TenantId, UserId } from "./scope.ts";

/** A conversation as it is kept, cleared or not. */
export interface KeptConversation {
  readonly id: string;
  /** When it last changed, milliseconds since 1970. */
  readonly changedAt: number;
  /** Present where the user cleared it. */
  readonly clearedAt?: number;
}

/** A message as it is kept, whether it stands or not. */
export interface KeptMessage extends ArchivedMessage {
  /** Present where an edit or a regenerate put something else in its place. */
  readonly superseded?: true;
  /** Of an answer that was rated. */
  readonly ratingComment?: string;
  readonly ratedAt?: number;
}

/** Where a page begins: a former page's `next`, or absent for the first. */
export interface RecordsPage {
  readonly after?: string;
  readonly limit: number;
}

/** Some records, and where the next page begins; null at the end. A page may hold fewer than asked for, or none. */
export interface RecordsFound<Kept> {
  readonly records: readonly Kept[];
  readonly next: string | null;
}

/** An erasure of a user: the tombstone while it lasts, and what is left of it as a receipt. */
export interface Erasure {
  readonly id: string;
  /** Who asked for it. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** When all was gone; null until then. */
  readonly erasedAt: number | null;
  /** How many things were erased, by what they were. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * All that the archive keeps of one user, also what no list of `UserArchive` shows.
 *
 * From `begin` to `finish` the user does not exist for `UserArchive`: reads find nothing, writes change nothing, a
 * turn is `erased`. After it the same user id is a new user's, who has nothing; but turns whose credentials are no
 * younger than the end of the erasure stay refused. So nothing that was on its way undoes an erasure.
 */
export interface UserRecords {
  /** Every conversation, in the order of ids. */
  conversations(page: RecordsPage): Promise<RecordsFound<KeptConversation>>;
  /** Every message of a conversation. */
  messages(conversation: string, page: RecordsPage): Promise<RecordsFound<KeptMessage>>;
  /** Ids of replies that have not ended. */
  openReplies(): Promise<readonly string[]>;
  /** The user's last erasure, finished or not, or null. */
  erasure(): Promise<Erasure | null>;
  /**
   * Puts the tombstone, durably.
   *
   * @returns the erasure that stands: this one; or one that has begun and not finished; or a finished one, where
   *   the archive keeps nothing of the user since
   */
  begin(erasure: { id: string; by: string; at: number }): Promise<Erasure>;
  /**
   * Deletes some of what an erasure is to delete, and counts it.
   *
   * @param limit about how many things at once
   * @returns whether nothing is left. True where the erasure is finished, or another one stands
   */
  purge(erasure: string, limit: number): Promise<boolean>;
  /** Adds to an erasure's counts what went elsewhere. */
  count(erasure: string, counts: Readonly<Record<string, number>>): Promise<void>;
  /** All is gone. The first call says when; every call returns the erasure as it stands. */
  finish(erasure: string, at: number): Promise<Erasure>;
}

/** What a sweep deletes. */
export interface Expiry {
  /** Milliseconds since 1970: turns go whose question and answers are all older. Those with an open reply stay. */
  readonly before: number;
  /** A former batch's `next`. */
  readonly after?: string;
  /** How many conversations to look at. */
  readonly limit: number;
}

/** What one batch of a sweep has deleted. */
export interface ExpiredBatch {
  /** Conversations of which something went; other layers hold it no longer than now. */
  readonly conversations: readonly (Scope & { readonly conversation: string })[];
  readonly messages: number;
  /** Where the next batch begins; null when all was looked at. */
  readonly next: string | null;
}

/** What is kept of people, for those who must answer for it: exports, erasures, retention. */
export interface Records {
  forUser(scope: Scope): UserRecords;
  /** Users of a tenant of whom something is kept, in no order; one may appear twice. */
  users(tenant: TenantId, page: RecordsPage): Promise<RecordsFound<UserId>>;
  /** Users whose erasure has begun and not finished, of all tenants. */
  unfinished(): Promise<readonly Scope[]>;
  /** Deletes a batch of what is too old in a tenant: turns, and conversations and users that nothing is left of. */
  expire(tenant: TenantId, expiry: Expiry): Promise<ExpiredBatch>;
  /** Deletes what slow writers left of erased users, and forgets erasures that finished before a moment. */
  tidy(before: number): Promise<void>;
}
