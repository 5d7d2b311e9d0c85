import { WebSocket } from "ws";
import { MAX_WAITING_BYTES, OwnedSocket } from "../sockets/owned-socket.ts";

/** A socket over `ws`. */
export class WsSocket extends OwnedSocket {
  readonly #native: WebSocket;
  /** Given with every frame, so that whichever leaves last is heard of; one function, nothing made a frame. */
  readonly #written = (): void => this.flushed();

  constructor(native: WebSocket, failed: (error: unknown) => void) {
    super(failed);
    this.#native = native;
    native.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.receivedBinary(data.length);
      else this.receivedText(data.toString(), data.length);
    });
    native.on("ping", () => this.receivedSignOfLife());
    native.on("pong", () => this.receivedSignOfLife());
    native.on("close", (code) => this.lost(code));
    // The peer broke the protocol, sent too much at once, or its connection broke: it is cut off, as the twin does.
    native.on("error", () => {
      this.lost(1006);
      native.terminate();
    });
  }

  protected write(text: string): number {
    const native = this.#native;
    if (native.readyState !== WebSocket.OPEN) return -1;
    native.send(text, this.#written);
    const waiting = native.bufferedAmount;
    if (waiting <= MAX_WAITING_BYTES) return waiting;
    this.terminate();
    return -1;
  }

  protected writePing(): void {
    if (this.#native.readyState === WebSocket.OPEN) this.#native.ping("", false, this.#written);
  }

  protected hangUp(code: number, reason: string): void {
    this.#native.close(code, reason);
  }

  protected cut(): void {
    this.#native.terminate();
  }

  protected waiting(): number {
    return this.#native.bufferedAmount;
  }
}
