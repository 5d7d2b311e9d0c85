import type { Author, EndReason } from "@parlance/protocol";
import type { ClientError, Connection, Delivery, SessionUser, SiteSettings } from "../client/types.ts";

/** A message on the screen. */
export interface ChatMessage {
  /** Stays the same from the first keystroke sent to the last token: what lists key on. */
  readonly key: string;
  /** The gateway's id, once it is known. */
  readonly id?: string;
  /** The id this client gave, for what was written here. */
  readonly clientId?: string;
  readonly role: "user" | "assistant" | "system";
  readonly content: string;
  /** Milliseconds since 1970, for showing. */
  readonly at: number;
  /** The question that this answers. */
  readonly to?: string;
  readonly author?: Author;
  readonly rating?: "up" | "down";
  /** For a user's message: how far it got. */
  readonly delivery?: Delivery;
  /** For an answer: waiting for its turn, growing, complete, or how it ended otherwise. */
  readonly progress?: "queued" | "streaming" | "complete" | Exclude<EndReason, "stop">;
  /** What went wrong with it. */
  readonly error?: ClientError;
  /** The id of the request that asked for this answer, where it was asked here. */
  readonly request?: string;
  /** Chunks held so far, for resuming. Only while it is not complete. */
  readonly seq?: number;
  readonly epoch?: number;
}

/** All that the panel shows, as one immutable value. */
export interface ChatSnapshot {
  readonly connection: Connection;
  readonly user: SessionUser | null;
  readonly settings: SiteSettings;
  readonly features: readonly string[];
  readonly messageCharacters: number;
  readonly conversation: string | null;
  readonly mode: "model" | "human";
  readonly messages: readonly ChatMessage[];
  /** Whether older messages can be loaded. */
  readonly more: boolean;
  /** Who types in this conversation, other than this tab. */
  readonly typing: "assistant" | "user" | "agent" | null;
  readonly conversations: readonly {
    readonly id: string;
    readonly title: string;
    readonly at: number;
    readonly preview: string;
    readonly unread: number;
  }[];
  /** A notice about no message in particular, until it is dismissed or replaced. */
  readonly notice: ClientError | null;
  /** Answers that came while the panel was closed. */
  readonly unread: number;
}

/** Everything a component may ask for. Components read signals and call these; nothing else. */
export interface ChatActions {
  connect(): void;
  send(content: string): void;
  /** Stops what runs in this conversation. */
  stop(): void;
  /** Tries a failed message again, or asks an ended answer's question anew (`regenerate`). */
  retry(message: ChatMessage): void;
  discard(message: ChatMessage): void;
  regenerate(message: ChatMessage): void;
  edit(message: ChatMessage, content: string): void;
  /** Asks the model to go on with an answer that ended early. */
  continueAnswer(message: ChatMessage): void;
  rate(message: ChatMessage, rating: "up" | "down" | null): void;
  clear(): void;
  loadOlder(): Promise<void>;
  loadConversations(): Promise<void>;
  openConversation(id: string): Promise<void>;
  newConversation(): Promise<void>;
  askForPerson(): void;
  typing(active: boolean): void;
  dismissNotice(): void;
  markRead(): void;
}
