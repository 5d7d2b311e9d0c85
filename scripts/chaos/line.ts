import { type ClientFrame, PROTOCOL, type ServerFrame, ServerFrameSchema } from "@parlance/protocol";
import WebSocket from "ws";

/** Milliseconds that an instance may take to open a socket. */
const PATIENCE = 3_000;

/** One socket, every frame of which is checked against the schema and handed on. */
export class Line {
  /** Which instance it leads to. */
  readonly instance: string;
  /** Resolves when it is closed, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  #open = true;

  private constructor(socket: WebSocket, instance: string) {
    this.#socket = socket;
    this.instance = instance;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#open = false;
        resolve();
      });
    });
  }

  /**
   * Opens a socket; null where the instance refuses, is gone or does not answer.
   *
   * @param take called with each frame, from `ready` on
   */
  static open(
    to: { chatUrl: string; instance: string; token: string },
    take: (frame: ServerFrame, line: Line) => void,
  ): Promise<Line | null> {
    const socket = new WebSocket(to.chatUrl, [PROTOCOL, `bearer.${to.token}`], {
      handshakeTimeout: PATIENCE,
    });
    const line = new Line(socket, to.instance);
    socket.on("message", (data) => {
      if (line.#open) take(ServerFrameSchema.parse(JSON.parse(String(data))), line);
    });
    return new Promise((resolve) => {
      socket.once("open", () => resolve(line));
      // A lost network says no more than that; the close that follows is what counts.
      socket.on("error", () => resolve(null));
    });
  }

  get open(): boolean {
    return this.#open;
  }

  send(frame: ClientFrame): void {
    if (this.#open) this.#socket.send(JSON.stringify(frame));
  }

  /** Ends it without a word, as a lost network does: nothing that is still on its way is taken. */
  async drop(): Promise<void> {
    this.#open = false;
    this.#socket.terminate();
    await this.closed;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
