import {
  type ClientFrame,
  PROTOCOL,
  PROTOCOL_LIMITS,
  type ServerFrame,
  ServerFrameSchema,
} from "@parlance/protocol";
import jwt from "jsonwebtoken";
import WebSocket from "ws";
import { inTime } from "../../ports/support/patience.ts";
import { ACME_SECRET } from "./test-gateway.ts";

/** Signs a JWT as a customer's back end would: Acme's, where not said otherwise. */
export function signToken(
  claims: Record<string, unknown> = {},
  options: { secret?: string; kid?: string; algorithm?: jwt.Algorithm; lifeSeconds?: number } = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const { secret = ACME_SECRET, kid = "acme-1", algorithm = "HS256", lifeSeconds = 600 } = options;
  const payload = { tenant_id: "acme", sub: "ada", iat: now, exp: now + lifeSeconds, ...claims };
  return jwt.sign(JSON.stringify(payload), secret, { algorithm, header: { alg: algorithm, kid } });
}

/** One kind of server frame. */
type Of<Type extends ServerFrame["type"]> = Extract<ServerFrame, { type: Type }>;

/** A client that checks every frame against the schema, keeps all of them, and waits for conditions. */
export class TestClient {
  readonly frames: ServerFrame[] = [];
  /** What was sent, with how many frames had been received before it. */
  readonly sent: { readonly frame: ClientFrame; readonly framesBefore: number }[] = [];
  readonly socket: WebSocket;
  /** Resolves at the close, with its code. */
  readonly closed: Promise<number>;
  readonly #waiters = new Set<() => void>();
  #closeCode: number | null = null;
  #failure: Error | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        this.#closeCode = code;
        resolve(code);
        this.#wake();
      });
    });
    socket.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
    socket.on("message", (data) => {
      const size = Buffer.byteLength(String(data));
      if (size > PROTOCOL_LIMITS.serverFrameBytes) throw new Error(`a frame of ${size} bytes`);
      this.frames.push(ServerFrameSchema.parse(JSON.parse(String(data))));
      this.#wake();
    });
  }

  /** Sends a frame; text is sent as it is. */
  send(frame: ClientFrame | Record<string, unknown> | string): void {
    if (typeof frame !== "string") {
      this.sent.push({ frame: frame as ClientFrame, framesBefore: this.frames.length });
    }
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The first frame of a type that matches, already received or yet to come. */
  async frame<Type extends ServerFrame["type"]>(
    type: Type,
    matches: (frame: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    const find = (): Of<Type> | undefined =>
      this.frames.find((frame): frame is Of<Type> => frame.type === type && matches(frame as Of<Type>));
    await this.until(() => find() !== undefined, `a frame ${type}`);
    const found = find();
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  /** Every frame of a type so far. */
  all<Type extends ServerFrame["type"]>(type: Type): Of<Type>[] {
    return this.frames.filter((frame): frame is Of<Type> => frame.type === type);
  }

  /**
   * Resolves once a condition on the frames holds; rejects where the socket closes before, or where
   * it has not come about in all that time, with what came last.
   */
  until(condition: () => boolean, what = "a condition"): Promise<void> {
    const coming = new Promise<void>((resolve, reject) => {
      const settle = (then: () => void): void => {
        this.#waiters.delete(check);
        then();
      };
      const check = (): void => {
        if (condition()) settle(resolve);
        else if (this.#closeCode !== null) {
          const options = this.#failure === null ? {} : { cause: this.#failure };
          const error = new Error(`the socket closed with ${this.#closeCode} before ${what}`, options);
          settle(() => reject(error));
        }
      };
      this.#waiters.add(check);
      check();
    });
    return inTime(coming, () => {
      const last = this.frames.slice(-3).map((frame) => JSON.stringify(frame).slice(0, 300));
      return `${what}; last came ${last.join(", ")}`;
    });
  }

  /** Asks, and resolves with the acknowledgement. */
  async ask(content: string, options: { id?: string; conversation?: string } = {}): Promise<Of<"ack">> {
    const id = options.id ?? `q${Math.random().toString(36).slice(2)}`;
    this.send({ type: "message", content, ...options, id });
    const refused = (): Of<"error"> | undefined => this.all("error").find(({ ref }) => ref === id);
    const acknowledged = (): Of<"ack"> | undefined => this.all("ack").find((ack) => ack.id === id);
    await this.until(() => acknowledged() !== undefined || refused() !== undefined, "an answer to a message");
    const ack = acknowledged();
    if (ack === undefined) throw new Error(`refused: ${JSON.stringify(refused())}`);
    return ack;
  }

  /** The text of a reply as this client holds it, put together by the rules of the protocol. */
  textOf(reply: string): { text: string; seq: number } {
    let text = "";
    let seq = 0;
    for (const frame of this.frames) {
      if (!("reply" in frame) || frame.reply !== reply) continue;
      if (frame.type === "token") {
        const count = frame.n ?? 1;
        if (frame.seq - count !== seq) throw new Error(`a gap: ${seq} then ${frame.seq} with n ${count}`);
        text += frame.content;
        seq = frame.seq;
      } else if (frame.type === "snapshot" || frame.type === "response") {
        text = frame.content;
        seq = frame.type === "snapshot" ? frame.seq : 1;
      }
    }
    return { text, seq };
  }

  /** What was received on a reply, in order. */
  ofReply(reply: string): ServerFrame[] {
    return this.frames.filter((frame) => "reply" in frame && frame.reply === reply);
  }

  /** Asks for something whose answer comes in its turn: all that the gateway had to say before has arrived then. */
  async roundTrip(): Promise<void> {
    const id = `t${Math.random().toString(36).slice(2)}`;
    this.send({ type: "conversations", id, limit: 1 });
    await this.frame("conversations", ({ ref }) => ref === id);
  }

  /** Drops the connection without a word, as a lost network does. */
  async drop(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  /** Closes and waits for the close. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** Tries of a connection that dies as it opens, as any client tries again. */
const CONNECT_TRIES = 3;

/** Opens a socket with a token and waits for `ready`. */
export async function connect(
  chatUrl: string,
  options: { token?: string; origin?: string; headers?: Record<string, string> } = {},
): Promise<TestClient> {
  const token = options.token ?? signToken();
  for (let tries = 1; ; tries++) {
    const socket = new WebSocket(chatUrl, [PROTOCOL, `bearer.${token}`], {
      ...(options.origin === undefined ? {} : { origin: options.origin }),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    });
    const client = new TestClient(socket);
    try {
      await client.frame("ready");
      return client;
    } catch (error) {
      const opened = socket.protocol !== "";
      if (!opened || (await client.closed) !== 1006 || tries === CONNECT_TRIES) throw error;
    }
  }
}

/** What a refused upgrade answered. */
export interface RefusedUpgrade {
  readonly status: number;
  readonly body: { readonly error: { readonly code: string; readonly message: string } };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Tries to open a socket that is to be refused. */
export function refusedUpgrade(
  url: string,
  protocols: string[],
  headers: Record<string, string> = {},
): Promise<RefusedUpgrade> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.once("open", () => {
      socket.terminate();
      reject(new Error("the upgrade was not refused"));
    });
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        socket.removeAllListeners("error");
        socket.once("error", () => undefined);
        socket.terminate();
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(chunks).toString("utf8")),
          headers: response.headers,
        });
      });
    });
  });
}
