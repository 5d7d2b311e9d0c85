import type { ArchivedMessage } from "./archive.ts";
import type { Scope } from "./scope.ts";

/** What a layer holds of a conversation. */
export interface LayerContent {
  /** The latest messages, oldest first, each answer directly after its question; null where it knows nothing. */
  readonly messages: readonly ArchivedMessage[] | null;
  /** Whether these are all messages of the conversation: none was left out for want of room. */
  readonly complete: boolean;
  /** Changes with every `add` and `drop`, also of a conversation it knows nothing of. */
  readonly revision: number;
}

/** How much one layer holds, and for how long. */
export interface LayerBounds {
  /** Names the layer: `recent` (L1) or `session` (L2). */
  readonly name: "recent" | "session";
  /** Messages of one conversation at most; the oldest are left out. */
  readonly messages: number;
  /** Seconds from the last write after which a conversation is forgotten. */
  readonly seconds: number;
}

/** Working memory, L1. Source: requirement R13. */
export const RECENT_LAYER: LayerBounds = { name: "recent", messages: 20, seconds: 2 * 60 * 60 };
/** The session, L2. Source: requirement R14; "whole" within this bound, older messages are in the archive. */
export const SESSION_LAYER: LayerBounds = { name: "session", messages: 500, seconds: 24 * 60 * 60 };

/**
 * A layer of history in front of the archive. It may forget a conversation at any time, and never holds one
 * with a gap: a refill that began before an `add` or `drop` is dropped, since it may lack that message.
 * Messages are ordered by `position`, an answer after its question; one id stands once, the latest put wins, and
 * its place is the same each time. What is older than all that is held of a part of a conversation is left out.
 */
export interface MessageLayer {
  read(scope: Scope, conversation: string): Promise<LayerContent>;
  /**
   * Puts what was read from the archive, unless something was added or dropped since `revision` was read.
   *
   * @param content.complete whether the archive has no older messages than these
   */
  refill(
    scope: Scope,
    conversation: string,
    content: { messages: readonly ArchivedMessage[]; complete: boolean; revision: number },
  ): Promise<void>;
  /** Adds a message, where the conversation is known; where it is not, only the revision changes. */
  add(scope: Scope, conversation: string, message: ArchivedMessage): Promise<void>;
  /** Forgets a conversation. */
  drop(scope: Scope, conversation: string): Promise<void>;
  /**
   * Forgets conversations of a user so that not even their names are left. A refill that began before is dropped.
   *
   * @returns of how many something was held
   */
  eraseUser(scope: Scope, conversations: readonly string[]): Promise<number>;
}
