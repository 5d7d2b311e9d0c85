import { type ServerFrame, ServerFrameSchema } from "@parlance/protocol";
import type { SendResult, ServerHandlers, Socket, SocketHandlers } from "../../../src/ports/socket-server.ts";
import type { chooseSocketServer } from "../../../src/socket-servers.ts";
import { inTime } from "../../ports/support/patience.ts";

/** A socket with no network behind it: what the gateway does to it is seen at once. */
export class HandSocket implements Socket {
  readonly frames: ServerFrame[] = [];
  readonly buffered = 0;
  pings = 0;
  /** The code it was closed with; null while it is open. */
  closedWith: number | null = null;
  /** Whether it answers pings. */
  answers = true;
  #handlers: SocketHandlers | null = null;
  readonly #happened: () => void;

  constructor(happened: () => void) {
    this.#happened = happened;
  }

  owned(handlers: SocketHandlers): void {
    this.#handlers = handlers;
  }

  /** The peer sends a frame. */
  say(frame: Record<string, unknown>): void {
    const text = JSON.stringify(frame);
    this.#handlers?.text(text, text.length);
  }

  send(text: string): SendResult {
    if (this.closedWith !== null) return "gone";
    this.frames.push(ServerFrameSchema.parse(JSON.parse(text)));
    this.#happened();
    return "sent";
  }

  ping(): void {
    if (this.closedWith !== null) return;
    this.pings++;
    if (this.answers) queueMicrotask(() => this.#handlers?.pong());
    this.#happened();
  }

  close(code: number): void {
    if (this.closedWith !== null) return;
    this.closedWith = code;
    // The port calls nobody back before it returns.
    queueMicrotask(() => this.#handlers?.closed(code));
    this.#happened();
  }

  terminate(): void {
    this.close(1006);
  }
}

/** A socket server whose sockets are opened by hand. */
export class HandSockets {
  #handlers: ServerHandlers | null = null;
  readonly #waiters = new Set<() => void>();

  /** For `Surroundings`. */
  readonly choose: typeof chooseSocketServer = () => ({
    reason: null,
    create: (handlers) => {
      this.#handlers = handlers;
      return {
        name: "by hand",
        listen: async () => ({ port: 1 }),
        stopListening: () => undefined,
        close: async () => undefined,
      };
    },
  });

  /** Opens one with a token, says what is to be said at once, and waits for `ready`. */
  async open(token: string, early: readonly Record<string, unknown>[] = []): Promise<HandSocket> {
    const decision = await this.#handlers?.upgrade({
      method: "GET",
      path: "/v1/chat",
      query: "",
      headers: { "sec-websocket-protocol": `parlance.v1, bearer.${token}` },
      peer: "127.0.0.1",
      gone: new AbortController().signal,
      body: async () => new Uint8Array(),
    });
    if (decision?.accept !== true) throw new Error("the upgrade was refused");
    const socket = new HandSocket(() => {
      for (const waiter of [...this.#waiters]) waiter();
    });
    socket.owned(decision.open(socket));
    for (const frame of early) socket.say(frame);
    await this.until(() => socket.frames.some(({ type }) => type === "ready"));
    return socket;
  }

  /** Resolves once a condition on its sockets holds. */
  until(condition: () => boolean): Promise<void> {
    const coming = new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
    return inTime(coming, () => condition.toString());
  }
}
