import type { Scope } from "./scope.ts";

/** Who runs a conversation's queue, and in which epoch. */
export interface ConversationOwner {
  readonly instance: string;
  readonly epoch: number;
}

/** A lease that this instance holds. */
export interface HeldLease {
  readonly scope: Scope;
  readonly conversation: string;
  readonly epoch: number;
}

/**
 * One owner a conversation: of any number of instances at once, one gets the lease. Each new owner gets a higher
 * epoch than any before it. Rejects where the store is away.
 */
export interface ConversationLeases {
  /**
   * Takes the lease where nobody has it, or prolongs it where this instance has it (same epoch).
   *
   * @param options.seconds from now until the lease runs out
   * @param options.above a newly taken lease's epoch is above this one, for stores that have forgotten
   * @returns who has it now: this instance, or another
   */
  acquire(
    scope: Scope,
    conversation: string,
    instance: string,
    options: { seconds: number; above: number },
  ): Promise<ConversationOwner>;
  /** Prolongs many leases in one batch; for each whether this instance still has it, in that epoch. One that ran out and nobody took is had again. */
  renew(leases: readonly HeldLease[], instance: string, seconds: number): Promise<readonly boolean[]>;
  /** Gives a lease up; one that is another's by now is left alone. The epoch is remembered. */
  release(lease: HeldLease, instance: string): Promise<void>;
  /** Who has the lease, or null. */
  ownerOf(scope: Scope, conversation: string): Promise<ConversationOwner | null>;
  /** Forgets leases of a user's conversations, and their epochs. @returns how many were remembered */
  eraseUser(scope: Scope, conversations: readonly string[]): Promise<number>;
}
