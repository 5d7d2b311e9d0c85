import type { EndReason, ErrorCode, ServerFrameOf, Usage } from "@parlance/protocol";
import type { AcceptKind, OwedReply } from "../ports/archive.ts";
import type { ModelAttempt } from "../ports/reply-journal.ts";
import type { Scope } from "../ports/scope.ts";
import type { KeptText } from "./lost-attempt.ts";
import { ReplyLog } from "./reply-log.ts";

/** Longest chunk in the log: what one piece of a slow reader's catching up can carry. */
const CHUNK_CHARACTERS = 5_000;

/** Why a reply was stopped: what a model call's signal is aborted with. */
export class ReplyStopped extends Error {
  readonly reason: Extract<EndReason, "cancelled" | "abandoned" | "interrupted">;

  constructor(reason: ReplyStopped["reason"]) {
    super(`the reply was ${reason}`);
    this.name = "ReplyStopped";
    this.reason = reason;
  }
}

/** Another instance has taken the reply over: this one sends, stores and bills nothing more of it. */
export class ReplyOvertaken extends Error {
  constructor() {
    super("another instance has taken the reply over");
    this.name = "ReplyOvertaken";
  }
}

/** Who reads a reply: a socket here, or another instance for its sockets. */
export interface ReplyReader {
  /** The reply has something new. */
  advance(): void;
  /** The reply begins again: what was read of it no longer stands. */
  restarted(): void;
}

/** Trouble that a reply tells its readers of, before it ends. */
export interface ReplyTrouble {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfter?: number;
}

/** How a reply ended, as `done` says it. */
export interface ReplyOutcome {
  readonly reason: EndReason;
  readonly model: string;
  readonly usage: Usage;
}

/**
 * A reply from its acknowledgement to five minutes after its end: its log, its one abort signal, and who
 * reads it. It runs here, or on another instance (`owner`), of which this is the copy that sockets here read.
 * It changes by the methods below alone, and each change reaches its readers by `changed`.
 */
export class LiveReply {
  readonly scope: Scope;
  readonly id: string;
  readonly conversation: string;
  /** The question. */
  readonly message: string;
  /** The question's place in its conversation. */
  readonly position: number;
  readonly kind: AcceptKind;
  readonly readers = new Set<ReplyReader>();
  /** The id its question's client gave, where it was asked here. */
  readonly clientId: string | undefined;
  #epoch: number;
  #owner: string | null;
  #log = new ReplyLog();
  #controller = new AbortController();
  readonly #changed: (reply: LiveReply) => void;
  #state: "queued" | "streaming" | "ended" = "queued";
  #attempt: ModelAttempt | null = null;
  #kept = "";
  #cached = false;
  #trouble: ReplyTrouble | null = null;
  #outcome: ReplyOutcome | null = null;

  /**
   * @param options.changed called after every change, in the same turn
   * @param options.owner the instance that runs it; null is this one
   */
  constructor(
    owed: OwedReply,
    options: { changed: (reply: LiveReply) => void; clientId?: string | undefined; owner?: string | null },
  ) {
    this.clientId = options.clientId;
    this.#owner = options.owner ?? null;
    this.scope = { tenant: owed.tenant, user: owed.user };
    this.id = owed.reply;
    this.conversation = owed.conversation;
    this.message = owed.message;
    this.position = owed.position;
    this.kind = owed.kind;
    this.#epoch = owed.epoch;
    this.#changed = options.changed;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get log(): ReplyLog {
    return this.#log;
  }

  /** The instance that runs it; null is this one. Empty where it is not known which. */
  get owner(): string | null {
    return this.#owner;
  }

  get state(): "queued" | "streaming" | "ended" {
    return this.#state;
  }

  /** Aborted with {@link ReplyStopped} once the reply is stopped. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What this attempt has asked of a model; null where nothing. */
  get attempt(): ModelAttempt | null {
    return this.#attempt;
  }

  /** The text of a lost attempt that this one goes on from; empty where it began by itself. */
  get kept(): string {
    return this.#kept;
  }

  /** Whether the answer came from a cache: sent as one `response`. */
  get cached(): boolean {
    return this.#cached;
  }

  get trouble(): ReplyTrouble | null {
    return this.#trouble;
  }

  get outcome(): ReplyOutcome | null {
    return this.#outcome;
  }

  /** Its turn has come. */
  start(): void {
    if (this.#state !== "queued") return;
    this.#state = "streaming";
    this.#changed(this);
  }

  /** A model is asked; said again once it has counted. */
  asks(attempt: ModelAttempt): void {
    this.#attempt = attempt;
  }

  /** The next chunk of the model. Nothing is added once it was stopped. */
  append(chunk: string): void {
    if (this.#state !== "streaming" || this.signal.aborted) return;
    for (const piece of pieces(chunk)) this.log.append(piece);
    this.#changed(this);
  }

  /**
   * Chunks from the instance that runs it.
   *
   * @param from the number of chunks before the first of these
   * @returns false where chunks before these are missing
   */
  copy(from: number, chunks: readonly string[]): boolean {
    if (this.#state === "ended") return true;
    if (from > this.log.seq) return false;
    this.#state = "streaming";
    for (const chunk of chunks.slice(this.log.seq - from)) this.log.append(chunk);
    this.#changed(this);
    return true;
  }

  /** All that the instance which ran it has stored of it, and has not told before. */
  complete(text: string, seq: number): void {
    if (this.#state === "ended" || seq <= this.log.seq) return;
    this.#state = "streaming";
    this.log.appendBlurred(text.slice(this.log.text().length), seq - this.log.seq);
    this.#changed(this);
  }

  /**
   * Another attempt begins, here or elsewhere: its readers get a snapshot where they saw one before, then what it says. What ran here
   * before is given up.
   *
   * @param owner the instance that runs it; null is this one
   * @param kept what the attempt begins with; null is nothing
   */
  restart(epoch: number, owner: string | null, kept: KeptText | null = null): void {
    if (this.#state === "ended") return;
    this.#controller.abort(new ReplyOvertaken());
    this.#controller = new AbortController();
    this.#log = new ReplyLog();
    this.#epoch = epoch;
    this.#owner = owner;
    this.#attempt = kept?.attempt ?? null;
    this.#kept = kept?.text ?? "";
    if (kept !== null) this.#log.appendBlurred(kept.text, kept.seq);
    this.#cached = false;
    this.#state = "queued";
    for (const reader of this.readers) reader.restarted();
    this.#changed(this);
  }

  /** It runs elsewhere from now on; what it has said stands until that instance says otherwise. */
  overtaken(owner: string): void {
    if (this.#state === "ended") return;
    this.#controller.abort(new ReplyOvertaken());
    this.#controller = new AbortController();
    this.#owner = owner;
  }

  /** The whole answer, from a cache. */
  answerFromCache(content: string): void {
    if (this.#state === "ended" || this.signal.aborted) return;
    this.#cached = true;
    this.log.append(content);
    this.#changed(this);
  }

  /** Stops it now. The first reason stands; after the end it does nothing. */
  stop(reason: ReplyStopped["reason"]): void {
    if (this.#state === "ended" || this.signal.aborted) return;
    this.#controller.abort(new ReplyStopped(reason));
  }

  /** It has ended: its readers get what is left, then `error` where there was trouble, then `done`. */
  end(outcome: ReplyOutcome, trouble: ReplyTrouble | null): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#outcome = outcome;
    this.#trouble = trouble;
    this.log.seal();
    this.#changed(this);
  }

  /** The `done` frame of an ended reply. */
  doneFrame(): ServerFrameOf<"done"> {
    if (this.#outcome === null) throw new Error("the reply has not ended");
    return {
      type: "done",
      reply: this.id,
      conversation: this.conversation,
      message: this.message,
      seq: this.log.seq,
      ...(this.epoch > 1 ? { epoch: this.epoch } : {}),
      ...this.#outcome,
    };
  }
}

/** A chunk as it is, or cut where it would not fit into one frame; never within a character. */
function pieces(chunk: string): string[] {
  if (chunk.length <= CHUNK_CHARACTERS) return [chunk];
  const found: string[] = [];
  let start = 0;
  while (start < chunk.length) {
    let end = Math.min(start + CHUNK_CHARACTERS, chunk.length);
    if (end < chunk.length && /[\ud800-\udbff]/.test(chunk.charAt(end - 1))) end--;
    found.push(chunk.slice(start, end));
    start = end;
  }
  return found;
}
