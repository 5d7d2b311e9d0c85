import type { Author, EndReason, Usage } from "@parlance/protocol";
import type { Scope, UserId } from "./scope.ts";

/** A message as the archive keeps it. */
export interface ArchivedMessage {
  readonly id: string;
  /** The id its client gave it, for a user's message. */
  readonly clientId?: string;
  readonly role: "user" | "assistant" | "system";
  /** Its place in its conversation; an answer has its question's, and stands behind it. */
  readonly position: number;
  readonly content: string;
  /** Milliseconds since 1970; for people, never for order. */
  readonly at: number;
  /** The question that an answer answers. */
  readonly to?: string;
  readonly author?: Author;
  readonly rating?: "up" | "down";
  /** Absent is complete (`stop`); `queued` is a reply that has not ended. */
  readonly status?: "queued" | Exclude<EndReason, "stop">;
  /** Which model answered, and what it took; only on answers that ended. */
  readonly model?: string;
  readonly usage?: Usage;
}

/** A reply that is owed: acknowledged and not ended. */
export interface OwedReply extends Scope {
  readonly conversation: string;
  readonly reply: string;
  /** The question. */
  readonly message: string;
  /** Place of the question in its conversation: answers come in this order. */
  readonly position: number;
  readonly epoch: number;
  /** What was asked for: an edited or regenerated question never reads a cache. */
  readonly kind: AcceptKind;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type AcceptKind = "message" | "edit" | "regenerate";

/** A turn to be stored. */
export interface AcceptRequest {
  readonly kind: AcceptKind;
  /** The id the client gave, unique in the scope for as long as the message is kept. */
  readonly clientId: string;
  /** A digest of what the frame asked, wherever it is to go: the same `clientId` with another digest is a conflict. */
  readonly digest: string;
  /** The conversation, for kind `message`; absent is the user's latest, or `newConversation`. */
  readonly conversation?: string;
  /** Id of the conversation that is made where the user has none. */
  readonly newConversation: string;
  /** The message that `edit` replaces, or whose answer `regenerate` makes anew. */
  readonly target?: string;
  /** Id of the new message; not used by `regenerate`. */
  readonly message: string;
  /** Text of the new message; not used by `regenerate`. */
  readonly content: string;
  /** Id of the reply that is owed from now on. */
  readonly reply: string;
  readonly at: number;
  /** When the credentials that ask were issued, milliseconds since 1970; absent is `at`. */
  readonly credentialsAt?: number;
  /** Most open replies the conversation may have, this one included; those it supersedes do not count. */
  readonly openLimit: number;
}

/** What became of it. Only `accepted` changed anything. */
export type AcceptResult =
  | {
      readonly outcome: "accepted";
      readonly conversation: string;
      /** The question: the new message, or `target` for `regenerate`. */
      readonly message: string;
      readonly reply: string;
      readonly position: number;
      /** Replies not ended that an edit or regenerate superseded: to be cancelled. Order of questions. */
      readonly superseded: readonly string[];
      /** For edit and regenerate: the last message that stays, or null; absent for `message`. */
      readonly truncatedAfter?: string | null;
    }
  | {
      readonly outcome: "duplicate";
      readonly conversation: string;
      readonly message: string;
      readonly reply: string;
    }
  /** The id is taken by other content. */
  | { readonly outcome: "conflict" }
  /** No such conversation, or no such live user's message in this scope. */
  | { readonly outcome: "not-found" }
  /** `openLimit` is reached. */
  | { readonly outcome: "full" }
  /** The user is being erased, or was, since the credentials were issued. */
  | { readonly outcome: "erased" };

/** How a reply ended. */
export interface ReplyEnd {
  readonly conversation: string;
  readonly reply: string;
  readonly reason: EndReason;
  /** The model's chunks, and the epoch of the attempt that stands. */
  readonly seq: number;
  readonly epoch: number;
  readonly content: string;
  readonly model: string;
  readonly usage: Usage;
  readonly at: number;
}

/** Where a reply stands, for who asks after the gateway that ran it. */
export type ReplyState =
  | { readonly state: "open"; readonly owed: OwedReply }
  | {
      readonly state: "ended";
      readonly conversation: string;
      readonly message: string;
      readonly end: ReplyEnd;
    };

/** Some messages, oldest first, each answer directly after its question. */
export interface MessagePage {
  readonly messages: readonly ArchivedMessage[];
  /** Whether older ones exist. */
  readonly more: boolean;
}

/** A conversation in a list. */
export interface ConversationSummary {
  readonly id: string;
  /** The first question's first 80 characters; empty where nothing was asked. */
  readonly title: string;
  /** When it last changed, milliseconds since 1970. */
  readonly at: number;
  /** The last message's first 120 characters. */
  readonly preview: string;
}

/** Some conversations, latest first. */
export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[];
  /** Opaque: where the next page starts, or null at the end. */
  readonly next: string | null;
}

/** A message was pushed to a conversation that the user does not have, or has cleared. */
export class NoSuchConversation extends Error {
  constructor(conversation: string) {
    super(`there is no conversation ${conversation}`);
    this.name = "NoSuchConversation";
  }
}

/**
 * The archive of one user of one tenant: the truth of what was said and what is owed.
 *
 * Every write resolves only once it is durable, and is atomic. Reads see every write that resolved before
 * they began. Superseded messages and cleared conversations are in no list here and cannot be named; but
 * their replies stay owed until they are ended, so `reply`, `replyTo`, `openReplies` and `owed` know them,
 * and their clients' ids stay taken. Ids of another scope do not exist here, and for a user who is being erased
 * nothing does: see `records.ts`.
 */
export interface UserArchive {
  /** In one transaction: the message, its place (a counter, no clock), the open-reply record. */
  accept(request: AcceptRequest): Promise<AcceptResult>;
  /** What `clientId` was accepted as, or null. */
  accepted(
    clientId: string,
  ): Promise<{ conversation: string; message: string; reply: string; digest: string } | null>;
  /**
   * Ends a reply if it is open and its epoch is not above the end's: the first end wins, and an owner that was
   * overtaken ends nothing. Stores it as a message with the reply's id. False: it had ended, or was overtaken.
   */
  endReply(end: ReplyEnd): Promise<boolean>;
  /** A new owner takes an open reply over: its epoch is raised, if it is below. False: it has ended, or is as high. */
  raiseEpoch(reply: string, epoch: number): Promise<boolean>;
  /** Where a reply stands, or null where there is none. */
  reply(reply: string): Promise<ReplyState | null>;
  /** The reply to a user's message, named by its id or its client's id, or null. The latest, where it was regenerated. */
  replyTo(message: string): Promise<string | null>;
  /** All replies of the user that have not ended, oldest first; of one conversation where it is given. */
  openReplies(conversation?: string): Promise<readonly OwedReply[]>;
  /** The conversation in which a message stands, or null. */
  conversationOf(message: string): Promise<string | null>;
  /** The conversation that changed last, by a question, an answer's end or a push, or that was made last; or null. */
  latestConversation(): Promise<string | null>;
  /** Makes an empty conversation, where there is none of that id, unless the user was erased since `at`. It is in no list until something is said in it, but it can be opened. */
  createConversation(conversation: string, at: number): Promise<void>;
  /** The last `limit` messages before `before` (exclusive; absent is the end), or null where there is no such conversation. An unknown `before` is an empty page; a superseded one still says where the page ends. Open replies are among them, empty and `queued`. */
  messages(conversation: string, page: { before?: string; limit: number }): Promise<MessagePage | null>;
  /** The messages that stand before `position` (exclusive), at most `limit` of the latest, oldest first, open replies left out: the context of the question there. */
  context(conversation: string, position: number, limit: number): Promise<readonly ArchivedMessage[]>;
  /** Conversations with messages, latest first. `before` is a former page's `next`; anything else is an empty page. What changes meanwhile moves to the front and makes no other appear twice or not at all. */
  conversations(page: { before?: string; limit: number }): Promise<ConversationPage>;
  /** Marks a conversation gone; false where there is none. Its open replies stay owed until they are ended. */
  clear(conversation: string, at: number): Promise<boolean>;
  /** Which of the user's conversations that were cleared last were so at that time or later: of ten at the most it is known. Latest first. */
  clearedSince(at: number): Promise<readonly string[]>;
  /** Rates an answer; false where there is none of that id. */
  rate(
    message: string,
    rating: "up" | "down" | null,
    comment: string | undefined,
    at: number,
  ): Promise<boolean>;
  /** Appends a message that answers nothing and asks nothing (pushed by an agent or bot). The same id is the same message: false. Rejects with {@link NoSuchConversation}. */
  push(conversation: string, message: Omit<ArchivedMessage, "position">): Promise<boolean>;
  /**
   * The conversations of an anonymous visitor of the same tenant become this user's, as they are, behind the user's
   * own in the order of changes, so that the visitor's latest is the user's latest. Replies of the visitor that
   * have not ended end as `interrupted`, without text. After it the visitor has nothing; where it stopped half-way,
   * asking again finishes it. Nothing passes to a user who is being erased, or from a user to themselves.
   *
   * @returns the conversations that passed, but those the visitor had cleared
   */
  adopt(visitor: UserId, at: number): Promise<readonly string[]>;
}

/** The archive. There is no unscoped read; `owed` is what the sweep at start-up works off, and carries scopes. */
export interface Archive {
  forUser(scope: Scope): UserArchive;
  /** Every reply that is owed, of all tenants, oldest first. */
  owed(): Promise<readonly OwedReply[]>;
  close(): Promise<void>;
}
