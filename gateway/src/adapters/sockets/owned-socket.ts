import type { SendResult, Socket, SocketHandlers } from "../../ports/socket-server.ts";

/** Above this many waiting bytes a socket is full. */
export const FULL_BYTES = 32_768;

/**
 * At or below this many it takes frames again. Not zero: automatic pongs, which no callback of ours follows,
 * may wait behind the last frame. `ws` queues at most 60 of them, of 127 bytes.
 */
export const DRAINED_BYTES = 8_192;

/** A socket whose owner goes on sending while it is full is cut off above this many. */
export const MAX_WAITING_BYTES = 1_048_576;

/** Longest reason that fits a close frame. */
const REASON_BYTES = 123;

/**
 * A socket as its owner knows it, over whatever the library has: whether it is open, whether it is full, who
 * is told. An owner hears nothing from within its own calls, and nothing after `closed`; what it throws ends
 * the socket with 1011 and never reaches the library.
 */
export abstract class OwnedSocket implements Socket {
  readonly #failed: (error: unknown) => void;
  #handlers: SocketHandlers | null = null;
  #open = true;
  #full = false;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Hands a frame to the library. Returns the bytes that wait now, or -1 where the frame is lost. */
  protected abstract write(text: string): number;
  protected abstract writePing(): void;
  protected abstract hangUp(code: number, reason: string): void;
  protected abstract cut(): void;
  protected abstract waiting(): number;

  get buffered(): number {
    return this.#open ? this.waiting() : 0;
  }

  send(text: string): SendResult {
    if (!this.#open) return "gone";
    const waiting = this.write(text);
    if (waiting < 0) return "gone";
    if (waiting <= FULL_BYTES) return "sent";
    this.#full = true;
    return "full";
  }

  ping(): void {
    if (this.#open) this.writePing();
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.lost(code);
    this.hangUp(code, shortened(reason));
  }

  terminate(): void {
    if (!this.#open) return;
    this.lost(1006);
    this.cut();
  }

  /** The 101 has gone out: asks who is told from now on. */
  opened(open: (socket: Socket) => SocketHandlers): void {
    try {
      this.#handlers = open(this);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A text frame came in. */
  receivedText(text: string, bytes: number): void {
    if (!this.#open) return;
    try {
      this.#handlers?.text(text, bytes);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A binary frame came in. */
  receivedBinary(bytes: number): void {
    this.#tell((handlers) => handlers.binary(bytes));
  }

  /** A control frame came in. */
  receivedSignOfLife(): void {
    this.#tell((handlers) => handlers.pong());
  }

  /** Bytes have left; ends the owner's wait where few enough remain. */
  flushed(): void {
    if (!this.#full || !this.#open || this.waiting() > DRAINED_BYTES) return;
    this.#full = false;
    this.#tell((handlers) => handlers.drained());
  }

  /** The connection is over, or as good as over. The owner is told once, after the calls now running. */
  lost(code: number): void {
    if (!this.#open) return;
    this.#open = false;
    queueMicrotask(() => {
      try {
        this.#handlers?.closed(code);
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  #tell(tell: (handlers: SocketHandlers) => void): void {
    if (!this.#open || this.#handlers === null) return;
    try {
      tell(this.#handlers);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    this.#failed(error);
    this.close(1011, "internal error");
  }
}

/** Cuts a reason to what a close frame holds, between characters. */
function shortened(reason: string): string {
  if (Buffer.byteLength(reason) <= REASON_BYTES) return reason;
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES));
  return reason.slice(0, read);
}
