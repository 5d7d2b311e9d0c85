import type { ServerFrame } from "@parlance/protocol";
import { LiveReply } from "../../../src/delivery/live-reply.ts";
import { SocketOutbox } from "../../../src/delivery/socket-outbox.ts";
import type { SendResult, Socket } from "../../../src/ports/socket-server.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

/** Bytes that may wait before a socket says `full`: the port's own. */
const FULL = 32 * 1024;

/** A socket that takes everything, or nothing more than the port lets it keep. */
export class RecordingSocket implements Socket {
  readonly texts: string[] = [];
  closedWith: number | null = null;
  /** Whether the peer reads. */
  reading = true;
  #bytes = 0;

  get buffered(): number {
    return this.#bytes;
  }

  get frames(): ServerFrame[] {
    return this.texts.map((text) => JSON.parse(text) as ServerFrame);
  }

  send(text: string): SendResult {
    this.texts.push(text);
    if (this.reading) return "sent";
    this.#bytes += Buffer.byteLength(text);
    return this.#bytes > FULL ? "full" : "sent";
  }

  /** The peer has read everything. */
  drain(): void {
    this.#bytes = 0;
  }

  ping(): void {
    throw new Error("nobody pings in these tests");
  }

  close(code: number): void {
    this.closedWith ??= code;
  }

  terminate(): void {
    this.closedWith ??= 1006;
  }
}

/** A reply that tells its readers of each change at once. */
export function newReply(id = "reply-1"): LiveReply {
  return new LiveReply(
    {
      ...scopeOf("acme", "ada"),
      conversation: "conversation-1",
      reply: id,
      message: "question-1",
      position: 1,
      epoch: 1,
      kind: "message",
      at: 0,
    },
    {
      changed: (reply) => {
        for (const reader of reply.readers) reader.advance();
      },
    },
  );
}

/** Ends a reply as a model does. */
export function finish(reply: LiveReply): void {
  const usage = { inputTokens: 1, outputTokens: 2, cachedInputTokens: 0 };
  reply.end({ reason: "stop", model: "model-1", usage }, null);
}

/** A socket and its outbox. */
export function newReader(): { socket: RecordingSocket; outbox: SocketOutbox } {
  const socket = new RecordingSocket();
  return { socket, outbox: new SocketOutbox(socket) };
}
