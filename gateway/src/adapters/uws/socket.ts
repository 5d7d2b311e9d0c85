import type { WebSocket } from "uWebSockets.js";
import { OwnedSocket } from "../sockets/owned-socket.ts";

/** What the library keeps for us with each of its sockets. */
export interface SocketData {
  readonly socket: UwsSocket;
}

/** What the library's `send` returns. */
const SENT = 1;
const DROPPED = 2;

/** A socket over uWebSockets.js, whose own socket must not be touched once it has closed. */
export class UwsSocket extends OwnedSocket {
  #native: WebSocket<SocketData> | null = null;
  /** Whether bytes waited after the last send: while none do, `send` alone tells all there is to know. */
  #pressed = false;

  /** Called by the library's `open`. */
  attach(native: WebSocket<SocketData>): void {
    this.#native = native;
  }

  /** Called by the library's `close`. */
  detach(code: number): void {
    this.#native = null;
    this.lost(code);
  }

  protected write(text: string): number {
    const native = this.#native;
    if (native === null) return -1;
    const result = native.send(text, false, false);
    if (result === SENT && !this.#pressed) return 0;
    if (result === DROPPED) {
      // A frame is missing, so nothing that follows would make sense to the peer.
      this.terminate();
      return -1;
    }
    const waiting = native.getBufferedAmount();
    this.#pressed = waiting > 0;
    return waiting;
  }

  protected writePing(): void {
    this.#native?.ping();
  }

  protected hangUp(code: number, reason: string): void {
    this.#native?.end(code, reason);
  }

  protected cut(): void {
    this.#native?.close();
  }

  protected waiting(): number {
    return this.#native?.getBufferedAmount() ?? 0;
  }
}
