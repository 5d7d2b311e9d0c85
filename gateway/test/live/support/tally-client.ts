import { PROTOCOL, type ServerFrame } from "@parlance/protocol";
import WebSocket from "ws";
import { inTime } from "../../ports/support/patience.ts";
import { signToken } from "./test-client.ts";

/** A client that keeps no frames, only what they add up to: it has to take hundreds of thousands. */
export class TallyClient {
  readonly socket: WebSocket;
  readonly texts = new Map<string, string>();
  readonly seqs = new Map<string, number>();
  readonly dones = new Map<string, number>();
  readonly acks = new Map<string, string>();
  /** Conversations by the id of the frame that opened them. */
  readonly conversations = new Map<string, string>();
  /** Largest frame received, bytes. */
  largest = 0;
  /** Called with every chunk's reply and number. */
  heard: (reply: string, seq: number) => void = () => undefined;
  closed: number | null = null;
  readonly #waiters = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.largest = Math.max(this.largest, data.length);
      this.#take(JSON.parse(data.toString("utf8")) as ServerFrame);
      for (const waiter of [...this.#waiters]) waiter();
    });
    socket.on("close", (code) => {
      this.closed = code;
      for (const waiter of [...this.#waiters]) waiter();
    });
  }

  static async arrive(url: string, sub: string): Promise<TallyClient> {
    const tally = new TallyClient(new WebSocket(url, [PROTOCOL, `bearer.${signToken({ sub })}`]));
    await new Promise((resolve, reject) => {
      tally.socket.once("message", resolve);
      tally.socket.once("error", reject);
    });
    return tally;
  }

  /** Opens a new conversation and asks in it; resolves with the reply. */
  async askAnew(content: string): Promise<string> {
    const id = `a${this.acks.size}-${Math.random().toString(36).slice(2)}`;
    this.send({ type: "open", id, conversation: "new" });
    await this.until(() => this.conversations.has(id));
    this.send({ type: "message", id, content, conversation: this.conversations.get(id) });
    await this.until(() => this.acks.has(id));
    return this.acks.get(id) ?? "";
  }

  /** Resolves once the gateway has answered what it was asked before. */
  async roundTrip(): Promise<void> {
    const id = Math.random().toString(36).slice(2);
    this.send({ type: "open", id, conversation: "new" });
    await this.until(() => this.conversations.has(id));
  }

  /** Goes without a word. */
  async leave(): Promise<void> {
    if (this.closed !== null) return;
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.terminate();
    await closed;
  }

  send(frame: Record<string, unknown>): void {
    this.socket.send(JSON.stringify(frame));
  }

  until(condition: () => boolean): Promise<void> {
    const coming = new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!condition() && this.closed === null) return;
        this.#waiters.delete(check);
        if (condition()) resolve();
        else reject(new Error(`the socket closed with ${this.closed}`));
      };
      this.#waiters.add(check);
      check();
    });
    return inTime(coming, () => condition.toString());
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "ack") this.acks.set(frame.id, frame.reply);
    else if (frame.type === "conversation") this.conversations.set(frame.ref ?? "", frame.conversation);
    else if (frame.type === "done") this.dones.set(frame.reply, (this.dones.get(frame.reply) ?? 0) + 1);
    else if (frame.type === "token") {
      const held = this.seqs.get(frame.reply) ?? 0;
      if (frame.seq - (frame.n ?? 1) !== held) throw new Error(`a gap in ${frame.reply} at ${held}`);
      this.seqs.set(frame.reply, frame.seq);
      this.heard(frame.reply, frame.seq);
      this.texts.set(frame.reply, (this.texts.get(frame.reply) ?? "") + frame.content);
    } else if (frame.type === "error") {
      throw new Error(JSON.stringify(frame));
    }
  }
}
