import type { EndReason, ServerFrame } from "@parlance/protocol";
import type { OwedReply } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import type { ReplyOutcome, ReplyTrouble } from "../live-reply.ts";

/** What an instance says to another. Short names: `chunks` is sent for every piece of text. */
export type PeerMessage =
  /** A reply runs or waits at the sender; the receiver has sockets of its user. Its text follows from the start. */
  | { readonly t: "reply"; readonly owed: OwedReply; readonly state: "queued" | "streaming" }
  /** Text: the chunks after number `s`. */
  | {
      readonly t: "chunks";
      readonly r: string;
      readonly e: number;
      readonly s: number;
      readonly c: readonly string[];
    }
  /** Its turn has come. */
  | { readonly t: "start"; readonly r: string; readonly e: number }
  /** The whole answer, from a cache. */
  | { readonly t: "cached"; readonly r: string; readonly e: number; readonly c: string }
  /** It has ended, after chunk `s`. */
  | {
      readonly t: "end";
      readonly r: string;
      readonly e: number;
      readonly s: number;
      readonly outcome: ReplyOutcome;
      readonly trouble: ReplyTrouble | null;
    }
  /** A frame for all sockets of a user. */
  | { readonly t: "frame"; readonly tenant: string; readonly user: string; readonly frame: ServerFrame }
  /** The sender no longer reads that reply. */
  | { readonly t: "detach"; readonly r: string }
  /** A request, answered by `answer` with the same `id`, and sent again until it is. */
  | { readonly t: "request"; readonly id: string; readonly body: PeerRequest }
  | { readonly t: "answer"; readonly id: string; readonly answer: PeerAnswer };

/** What is asked of another instance. Asked twice, it is done once. */
export type PeerRequest =
  /** The sender is there now: know of it before it takes its first socket. */
  | { readonly ask: "hello" }
  /** Of your envelopes, those between these two numbers did not come: whom did they concern? */
  | ({ readonly ask: "missed" } & Gap)
  /** Send what came after chunk `after` of a reply that you run, then go on live. */
  | {
      readonly ask: "attach";
      readonly tenant: string;
      readonly user: string;
      readonly reply: string;
      readonly after: number;
      readonly epoch: number;
    }
  /** Stop a reply that you run. */
  | {
      readonly ask: "stop";
      readonly tenant: string;
      readonly user: string;
      readonly reply: string;
      readonly reason: Extract<EndReason, "cancelled" | "abandoned" | "interrupted">;
    }
  /** A user has been gone from the sender for too long: are they with you, or may they come back yet? */
  | { readonly ask: "expecting"; readonly tenant: string; readonly user: string }
  /** A user has something no more: take it back. */
  | {
      readonly ask: "withdraw";
      readonly what: Withdrawn;
      readonly tenant: string;
      readonly user: string;
    }
  /** A conversation has open replies that you may not know of: run them. */
  | { readonly ask: "run"; readonly tenant: string; readonly user: string; readonly conversation: string };

/** What a user has no more: all that was held on them (`user`), or the tokens and sessions of a visitor (`visitor`). */
export type Withdrawn = "user" | "visitor";

/** `yes`: done, or being done. `no`: not here, or not known. `missed`: whom the lost envelopes concerned. */
export type PeerAnswer = "yes" | "no" | { readonly missed: readonly Concern[] };

/** Numbers of envelopes, both exclusive, between which some were lost. */
export interface Gap {
  readonly after: number;
  readonly before: number;
}

/** Whom something concerns that only is told once: a user's reply that begins to be told of, or a frame. */
export interface Concern extends Scope {
  /** Absent for a frame. */
  readonly reply?: string;
}

/** Whom a message concerns that is told once; null for what is read anew by attaching, and for what is asked again. */
export function concernOf(message: PeerMessage): Concern | null {
  if (message.t === "reply") {
    const { tenant, user, reply } = message.owed;
    return { tenant, user, reply };
  }
  if (message.t !== "frame") return null;
  return { tenant: message.tenant, user: message.user } as Scope;
}

/** One message of the bus: numbered per sender and receiver, so that a loss shows. */
export interface Envelope {
  /** The sender. */
  readonly from: string;
  /** The number of the last of the sender's envelopes that carried something, this one included. */
  readonly n: number;
  readonly m: readonly PeerMessage[];
}

/** Reads an envelope; null where it is none. Instances of one version speak to each other; what is not known is skipped. */
export function readEnvelope(text: string): Envelope | null {
  try {
    const value = JSON.parse(text) as Partial<Envelope> | null;
    const valid = typeof value?.from === "string" && Number.isSafeInteger(value.n) && Array.isArray(value.m);
    return valid ? (value as Envelope) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
