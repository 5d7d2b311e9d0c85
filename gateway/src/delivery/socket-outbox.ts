import { CLOSE_CODES, encodeFrame, type ServerFrame } from "@parlance/protocol";
import type { Socket } from "../ports/socket-server.ts";
import { Attachment, type AttachPoint } from "./attachment.ts";
import type { LiveReply } from "./live-reply.ts";

/** Characters of direct answers that may wait for a slow reader; one who asks on without reading is dropped. */
const WAITING_CHARACTERS = 32_768;

/**
 * What goes out on one socket, in order: direct answers first, then what its replies have to say. While the
 * socket takes no more, direct answers wait (bounded) and replies keep nothing but their places.
 */
export class SocketOutbox {
  readonly #socket: Socket;
  readonly #attachments = new Map<string, Attachment>();
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #full = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Sends a frame that belongs to no reply's log, or keeps it until the socket drains. */
  send(frame: ServerFrame): void {
    this.sendText(encodeFrame(frame));
  }

  /** Sends an encoded frame, for one that goes to many sockets. */
  sendText(text: string): void {
    if (!this.#full) {
      this.#write(text);
      return;
    }
    this.#waiting.push(text);
    this.#waitingCharacters += text.length;
    if (this.#waitingCharacters > WAITING_CHARACTERS) {
      this.#socket.close(CLOSE_CODES.tooFast, "answers are not being read");
      this.#socket.terminate();
    }
  }

  /** The one way to read a reply: from `point`, then live. Attaching again starts anew there. */
  attach(reply: LiveReply, point: AttachPoint): void {
    this.#detach(reply.id);
    const attachment = new Attachment(reply, this, point);
    this.#attachments.set(reply.id, attachment);
    reply.readers.add(attachment);
    this.advance(attachment);
  }

  /** Whether this socket reads that reply. */
  reads(reply: string): boolean {
    return this.#attachments.has(reply);
  }

  /** Sends what an attachment has, as far as the socket takes it. */
  advance(attachment: Attachment): void {
    while (!this.#full) {
      const text = attachment.next();
      if (text === null) break;
      this.#write(text);
    }
    if (attachment.finished) this.#detach(attachment.reply.id);
  }

  /** The socket takes frames again. */
  drained(): void {
    this.#full = false;
    while (!this.#full && this.#waiting.length > 0) {
      const text = this.#waiting.shift() ?? "";
      this.#waitingCharacters -= text.length;
      this.#write(text);
    }
    for (const attachment of [...this.#attachments.values()]) {
      if (this.#full) return;
      this.advance(attachment);
    }
  }

  /** Starts the closing handshake. */
  farewell(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** The socket is gone: nothing points here any more. */
  close(): void {
    for (const reply of [...this.#attachments.keys()]) this.#detach(reply);
    this.#waiting = [];
  }

  #write(text: string): void {
    if (this.#socket.send(text) === "full") this.#full = true;
  }

  #detach(reply: string): void {
    const attachment = this.#attachments.get(reply);
    if (attachment === undefined) return;
    this.#attachments.delete(reply);
    attachment.reply.readers.delete(attachment);
  }
}
