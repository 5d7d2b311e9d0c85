import { encodeFrame, PROTOCOL_LIMITS, type ServerFrame } from "@parlance/protocol";
import type { LiveReply, ReplyReader } from "./live-reply.ts";
import type { SocketOutbox } from "./socket-outbox.ts";

/** Characters of a piece: in the worst case a character is six bytes of JSON (`\u0000`). */
export const PIECE_CHARACTERS = Math.floor((PROTOCOL_LIMITS.pieceBytes - 512) / 6);

/** Where one socket starts to read a reply. */
export interface AttachPoint {
  /** Chunks the reader holds already. */
  readonly after: number;
  /** Whether what the reader holds is of another attempt, or unknown: it gets a snapshot. */
  readonly snapshot: boolean;
}

/**
 * One socket's place in one reply. It holds no frames, only a position: what comes next is made when the
 * socket can take it, so a slow reader costs nothing but what it has not read yet merges into larger pieces.
 */
export class Attachment implements ReplyReader {
  readonly reply: LiveReply;
  readonly #outbox: SocketOutbox;
  #sent: number;
  #snapshot: boolean;
  #announced: boolean;
  /** Whether the reader may hold something of the attempt. */
  #told: boolean;
  #farewell: "trouble" | "typing" | "done" | "nothing" = "trouble";

  constructor(reply: LiveReply, outbox: SocketOutbox, point: AttachPoint) {
    this.reply = reply;
    this.#outbox = outbox;
    this.#sent = Math.min(point.after, reply.log.seq);
    this.#snapshot = point.snapshot || !reply.log.continuesAfter(point.after);
    this.#told = point.snapshot || point.after > 0;
    this.#announced = reply.state !== "queued";
  }

  /** Chunks sent so far. */
  get sent(): number {
    return this.#sent;
  }

  advance(): void {
    this.#outbox.advance(this);
  }

  restarted(): void {
    this.#sent = 0;
    this.#snapshot = this.#told;
  }

  /** Whether nothing will follow. */
  get finished(): boolean {
    return this.#farewell === "nothing";
  }

  /** The next frame as text, or null where there is none (yet). Asking for it counts as sending it. */
  next(): string | null {
    const { reply } = this;
    if (!this.#announced && reply.state === "streaming") {
      this.#announced = true;
      return encodeFrame(this.#typing(true));
    }
    if (this.#snapshot) return this.#nextSnapshot();
    if (this.#sent < reply.log.seq) return this.#nextText();
    return reply.state === "ended" ? this.#nextFarewell() : null;
  }

  #nextSnapshot(): string {
    const { id, log, conversation, message, epoch } = this.reply;
    this.#snapshot = false;
    this.#told = true;
    this.#sent = log.fitting(0, PIECE_CHARACTERS);
    const content = log.slice(0, this.#sent);
    return encodeFrame({
      type: "snapshot",
      reply: id,
      conversation,
      message,
      seq: this.#sent,
      epoch,
      content,
    });
  }

  #nextText(): string {
    const { reply } = this;
    const from = this.#sent;
    this.#told = true;
    if (reply.cached) {
      this.#sent = reply.log.seq;
      return encodeFrame({
        type: "response",
        reply: reply.id,
        conversation: reply.conversation,
        content: reply.log.text(),
        cached: true,
      });
    }
    this.#sent = reply.log.seq === from + 1 ? from + 1 : reply.log.fitting(from, PIECE_CHARACTERS);
    return tokenFrame(reply, from, this.#sent);
  }

  #nextFarewell(): string | null {
    const { reply } = this;
    if (this.#farewell === "trouble") {
      this.#farewell = this.#announced ? "typing" : "done";
      if (reply.trouble !== null) {
        const { id, conversation } = reply;
        return encodeFrame({ type: "error", reply: id, conversation, ...reply.trouble });
      }
    }
    if (this.#farewell === "typing") {
      this.#farewell = "done";
      return encodeFrame(this.#typing(false));
    }
    if (this.#farewell === "done") {
      this.#farewell = "nothing";
      return encodeFrame(reply.doneFrame());
    }
    return null;
  }

  #typing(active: boolean): ServerFrame {
    const { id, conversation, message } = this.reply;
    return { type: "typing", conversation, active, by: "assistant", reply: id, to: message };
  }
}

let lastFrame: { reply: LiveReply; from: number; to: number; text: string } | null = null;

/** A `token` frame; made once where several sockets of a user stand at the same place. Ids need no escaping. */
function tokenFrame(reply: LiveReply, from: number, to: number): string {
  if (lastFrame !== null && lastFrame.reply === reply && lastFrame.from === from && lastFrame.to === to) {
    return lastFrame.text;
  }
  const content = JSON.stringify(reply.log.slice(from, to));
  const count = to - from > 1 ? `,"n":${to - from}` : "";
  const epoch = reply.epoch > 1 ? `,"epoch":${reply.epoch}` : "";
  const text = `{"type":"token","reply":"${reply.id}","seq":${to}${count}${epoch},"content":${content}}`;
  lastFrame = reply.readers.size > 1 ? { reply, from, to, text } : null;
  return text;
}
