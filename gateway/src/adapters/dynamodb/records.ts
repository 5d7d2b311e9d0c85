import type { Author, EndReason, Usage } from "@parlance/protocol";
import type { AcceptKind, ArchivedMessage } from "../../ports/archive.ts";
import type { Place } from "./keys.ts";
import type { Cut } from "./standing.ts";

/** What the items of a user hold, beside their keys and `v`, the version of the log that last wrote them. */

export interface ConversationItem {
  readonly id: string;
  readonly lastPosition: number;
  readonly cuts: readonly Cut[];
  /** The version that changed it last; absent where it was cleared. */
  readonly changed?: number;
  readonly changedAt: number;
  readonly clearedAt?: number;
  /** Heads of the first question and of the last text, of what stands. */
  readonly title?: { readonly text: string; readonly position: number };
  readonly preview?: Place & { readonly text: string };
  /** By which its tenant finds it, where something was said in it. */
  readonly listed?: string;
  readonly named?: string;
  readonly v: number;
}

export interface MessageItem extends Place {
  readonly id: string;
  readonly conversation: string;
  /** The version that made it. */
  readonly n: number;
  readonly clientId?: string;
  readonly role: ArchivedMessage["role"];
  readonly content: string;
  /** Keys of the items that hold the rest of a long text. */
  readonly more?: readonly string[];
  readonly at: number;
  readonly author?: Author;
  /** Of a question: its latest reply. */
  readonly reply?: string;
  /** Of a reply: its question, and how it was asked for. */
  readonly question?: string;
  readonly kind?: AcceptKind;
  readonly status?: "queued" | EndReason;
  /** `n` of a reply that has not ended. */
  readonly open?: number;
  readonly seq?: number;
  readonly epoch?: number;
  readonly model?: string;
  readonly usage?: Usage;
  readonly rating?: "up" | "down";
  readonly ratingComment?: string;
  readonly ratedAt?: number;
}

/** Where the message or reply of an id stands. */
export interface IdItem extends Place {
  readonly conversation: string;
  readonly n: number;
}

export interface AcceptanceItem {
  readonly conversation: string;
  readonly message: string;
  readonly reply: string;
  readonly digest: string;
}

/** In the shards of what is owed. `v` is the version that the reply was to be made by. */
export interface OwedItem {
  readonly pk: string;
  readonly sk: string;
  readonly tenant: string;
  readonly user: string;
  /** Absent is 0. */
  readonly era?: number;
  readonly reply: string;
  readonly v: number;
}

/** In the list of what is kept since when. `v` is the version of the user's log that was to begin it. */
export interface KeptItem {
  readonly pk: string;
  readonly sk: string;
  readonly tenant: string;
  readonly user: string;
  readonly era: number;
  readonly v: number;
}

/** In the list of erasures. */
export interface ErasureItem {
  readonly pk: string;
  readonly sk: string;
  readonly tenant: string;
  readonly user: string;
  readonly era: number;
  readonly erasedAt?: number;
}
