import type { SendResult, Socket, SocketHandlers } from "../../../src/ports/socket-server.ts";
import { chooseSocketServer } from "../../../src/socket-servers.ts";

/** Bytes that may wait before a socket says `full`: the port's own. */
const FULL = 32 * 1024;

/**
 * A socket whose peer can stop to read, with no kernel in between to take megabytes for it: what is sent then
 * waits in this process, as the port says that it does, until the peer reads again.
 */
export class StuckSocket implements Socket {
  readonly #socket: Socket;
  readonly #waiting: string[] = [];
  #bytes = 0;
  #full = false;
  #handlers: SocketHandlers | null = null;
  #stuck = false;
  /** Most bytes that ever waited. */
  mostBytes = 0;
  /** Largest frame that was sent, bytes. */
  largestFrame = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects it to who owns it. */
  owned(handlers: SocketHandlers): SocketHandlers {
    this.#handlers = handlers;
    return handlers;
  }

  get buffered(): number {
    return this.#bytes + this.#socket.buffered;
  }

  send(text: string): SendResult {
    this.largestFrame = Math.max(this.largestFrame, Buffer.byteLength(text));
    if (!this.#stuck) return this.#socket.send(text);
    this.#waiting.push(text);
    this.#bytes += Buffer.byteLength(text);
    this.mostBytes = Math.max(this.mostBytes, this.#bytes);
    this.#full ||= this.#bytes > FULL;
    return this.#full ? "full" : "sent";
  }

  /** The peer reads no more. */
  stick(): void {
    this.#stuck = true;
  }

  /** The peer reads again: what waits goes out, and the owner is told, by the real socket where that is full now. */
  release(): void {
    this.#stuck = false;
    const results = this.#waiting.splice(0).map((text) => this.#socket.send(text));
    this.#bytes = 0;
    if (this.#full && !results.includes("full")) this.#handlers?.drained();
    this.#full = false;
  }

  ping(): void {
    this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** The machine's socket server, whose sockets can be stuck. */
export class StuckSockets {
  /** In the order in which they opened. */
  readonly all: StuckSocket[] = [];

  /** For `Surroundings`. */
  readonly choose: typeof chooseSocketServer = (choice) => {
    const { create, reason } = chooseSocketServer(choice);
    return {
      reason,
      create: (handlers, limits) =>
        create(
          {
            http: (request) => handlers.http(request),
            failed: (error) => handlers.failed(error),
            upgrade: async (request) => {
              const decision = await handlers.upgrade(request);
              if (!decision.accept) return decision;
              return { ...decision, open: (socket) => this.#open(socket, decision.open) };
            },
          },
          limits,
        ),
    };
  };

  #open(socket: Socket, open: (socket: Socket) => SocketHandlers): SocketHandlers {
    const stuck = new StuckSocket(socket);
    this.all.push(stuck);
    return stuck.owned(open(stuck));
  }
}
