import type { ClientFrameOf, EndReason, ErrorCode, Usage } from "@parlance/protocol";
import type { LiveReply } from "../delivery/live-reply.ts";
import type { SocketOutbox } from "../delivery/socket-outbox.ts";
import type { WantedTurn } from "../limits/turn-reservations.ts";
import type { Model } from "../llm/models.ts";
import type { AcceptResult } from "../ports/archive.ts";
import type { ModelProvider, ModelRequest } from "../ports/model.ts";
import type { TenantRecord } from "../ports/registry-store.ts";
import type { Principal } from "../tenants/principal.ts";

/** The frames that ask for an answer. */
export type AskingFrame = ClientFrameOf<"message" | "edit" | "regenerate">;

/** A turn on its way in: from a frame to the acknowledgement. Each step fills in what it decides. */
export interface Admission {
  readonly principal: Principal;
  readonly frame: AskingFrame;
  /** The socket that asked: it gets the direct answer. */
  readonly outbox: SocketOutbox;
  /** Id of the message and of its trace. */
  readonly messageId: string;
  readonly replyId: string;
  readonly newConversation: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  tenant?: TenantRecord;
  /** Digest of what the frame asks, wherever it is to go. */
  digest?: string;
  /** What is reserved for it. */
  reserved?: WantedTurn;
}

/** A turn that was taken: its reply, and those of the conversation that it supersedes. */
export interface Accepted {
  readonly reply: LiveReply;
  readonly superseded: readonly string[];
}

/** An accepted turn on its way to an answer: one attempt of its reply. */
export interface Answering {
  readonly reply: LiveReply;
  /** The attempt's epoch and signal; the reply may begin another attempt while this one unwinds. */
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly tenant: TenantRecord;
  model?: Model;
  request?: ModelRequest;
  provider?: ModelProvider;
  /** Where the answer may be kept, for turns that may be answered from a cache. */
  cacheDigest?: string;
  /** Whether the provider refused to go on with what a lost attempt had begun: the answer is to be made anew. */
  cannotGoOn?: boolean;
  /** How it came out; set by the cache check or by the stream. */
  result?: AnswerResult;
}

/** How an answer came out, before it is persisted. */
export interface AnswerResult {
  readonly reason: EndReason;
  readonly model: string;
  readonly usage: Usage;
  readonly trouble: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly retryAfter?: number;
  } | null;
}

/** What a step says: go on with the next, or this turn is settled: refused, or answered as it was before. */
export type StepOutcome =
  | { readonly next: true }
  | { readonly next: false; readonly refusal: Refusal }
  | { readonly next: false; readonly duplicate: Extract<AcceptResult, { outcome: "duplicate" }> }
  | { readonly next: false; readonly accepted: Accepted }
  | { readonly next: false; readonly answered: true };

/** A refusal before `ack`: nothing was stored, the id is not consumed. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfter?: number;
}

export const GO_ON: StepOutcome = { next: true };
export const ANSWERED: StepOutcome = { next: false, answered: true };

/** The id of this turn is another's. */
export const ID_TAKEN: StepOutcome = {
  next: false,
  refusal: { code: "INVALID_FRAME", message: "`id`: this id was used for another message" },
};

/** Refuses a turn. */
export function refuse(code: ErrorCode, message: string, retryAfter?: number): StepOutcome {
  return { next: false, refusal: { code, message, ...(retryAfter === undefined ? {} : { retryAfter }) } };
}

/** Tells a message that was sent before what became of it, unless it now asks for another conversation. */
export function sentBefore(
  frame: AskingFrame,
  first: { readonly conversation: string; readonly message: string; readonly reply: string },
): StepOutcome {
  const named = frame.type === "message" ? frame.conversation : undefined;
  if (named !== undefined && named !== first.conversation) return ID_TAKEN;
  const { conversation, message, reply } = first;
  return { next: false, duplicate: { outcome: "duplicate", conversation, message, reply } };
}

/** What an earlier step has filled in; a step that runs without it is listed in the wrong place. */
export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`${name} is not known yet: the steps are out of order`);
  return value;
}
