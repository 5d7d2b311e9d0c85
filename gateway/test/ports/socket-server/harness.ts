import { once } from "node:events";
import { connect, createServer, type Socket as NetSocket } from "node:net";
import { WebSocket } from "ws";
import type {
  HttpRequest,
  HttpResponse,
  ServerLimits,
  Socket,
  SocketServer,
  SocketServerFactory,
  UpgradeDecision,
} from "../../../src/ports/socket-server.ts";
import { eventually, Inbox } from "./inbox.ts";

/** What an owner was told. */
export type Told =
  | { readonly text: string; readonly bytes: number }
  | { readonly binary: number }
  | "pong"
  | "drained"
  | { readonly closed: number };

/** The server's side of an open WebSocket. */
export interface Owned {
  readonly socket: Socket;
  readonly told: Inbox<Told>;
}

/** What the gateway would do; by default it says 404 and lets everybody in. */
export interface Script {
  http?(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
  upgrade?(request: HttpRequest, admit: Admit): Promise<UpgradeDecision> | UpgradeDecision;
  /** Called in the turn of the 101. */
  opened?(socket: Socket): void;
  /** Called with each text frame. */
  text?(socket: Socket, text: string): void;
  limits?: Partial<ServerLimits>;
  /** Picked by the system where absent. */
  port?: number;
}

/** Makes the decision that lets a client in. */
export type Admit = (protocol?: string) => UpgradeDecision;

/** A server under test. */
export interface Running {
  readonly server: SocketServer;
  readonly port: number;
  /** Sockets in the order they were opened. */
  readonly owned: Inbox<Owned>;
  readonly failures: unknown[];
  /** How many were let in who had left. */
  abandoned(): number;
}

/** Starts servers, and ends them and their clients after each test. */
export class Harness {
  readonly #make: SocketServerFactory;
  #servers: SocketServer[] = [];
  #clients: { end(): void }[] = [];

  constructor(make: SocketServerFactory) {
    this.#make = make;
  }

  async start(script: Script = {}): Promise<Running> {
    const owned = new Inbox<Owned>();
    const failures: unknown[] = [];
    let abandoned = 0;
    const admit: Admit = (protocol) => ({
      accept: true,
      protocol: protocol ?? null,
      open: (socket) => {
        script.opened?.(socket);
        return own(socket, owned, script);
      },
      abandoned: () => {
        abandoned += 1;
      },
    });
    const server = this.#make(
      {
        http: async (request) => (await script.http?.(request)) ?? { status: 404, body: "nothing here" },
        upgrade: async (request) => (await script.upgrade?.(request, admit)) ?? admit(),
        failed: (error) => failures.push(error),
      },
      { maxPayloadBytes: 1_048_576, pendingUpgrades: 500, ...script.limits },
    );
    this.#servers.push(server);
    const { port } = await server.listen("127.0.0.1", script.port ?? 0);
    return { server, port, owned, failures, abandoned: () => abandoned };
  }

  /** A WebSocket client that is on its way; its close and errors are recorded. */
  client(
    running: Running,
    options: { path?: string; protocols?: string[]; headers?: Record<string, string> } = {},
  ) {
    const client = new Client(
      new WebSocket(`ws://127.0.0.1:${running.port}${options.path ?? "/v1/chat"}`, options.protocols ?? [], {
        headers: options.headers ?? {},
        perMessageDeflate: true,
      }),
    );
    this.#clients.push(client);
    return client;
  }

  /** An open WebSocket, seen from both sides. */
  async open(running: Running): Promise<{ client: Client; owned: Owned }> {
    const client = this.client(running);
    await client.opened;
    return { client, owned: await running.owned.next() };
  }

  /** A plain TCP connection. */
  async raw(running: Running): Promise<Raw> {
    const raw = new Raw(connect(running.port, "127.0.0.1"));
    this.#clients.push(raw);
    await once(raw.socket, "connect");
    return raw;
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.end();
    this.#clients = [];
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => server.close()));
  }
}

function own(socket: Socket, owned: Inbox<Owned>, script: Script) {
  const told = new Inbox<Told>();
  owned.push({ socket, told });
  return {
    text: (text: string, bytes: number) => {
      told.push({ text, bytes });
      script.text?.(socket, text);
    },
    binary: (bytes: number) => told.push({ binary: bytes }),
    pong: () => told.push("pong"),
    drained: () => told.push("drained"),
    closed: (code: number) => told.push({ closed: code }),
  };
}

/** A WebSocket client and all it saw. */
export class Client {
  readonly ws: WebSocket;
  readonly texts = new Inbox<string>();
  readonly opened: Promise<void>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly errors: Error[] = [];

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.opened = new Promise((resolve) => ws.once("open", () => resolve()));
    this.closed = new Promise((resolve) =>
      ws.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    ws.on("error", (error) => this.errors.push(error));
    ws.on("message", (data) => this.texts.push(data.toString()));
  }

  end(): void {
    this.ws.terminate();
  }
}

/** A TCP connection and all it received. */
export class Raw {
  readonly socket: NetSocket;
  received = "";
  ended = false;

  constructor(socket: NetSocket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      this.received += data.toString("latin1");
    });
    socket.on("close", () => {
      this.ended = true;
    });
    // A reset is one of the ways in which a server ends a connection; `close` follows.
    socket.on("error", () => socket.destroy());
  }

  write(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Everything so far, once it holds the text. */
  async until(text: string): Promise<string> {
    await eventually(() => this.received.includes(text));
    return this.received;
  }

  async untilEnded(): Promise<string> {
    await eventually(() => this.ended);
    return this.received;
  }

  end(): void {
    this.socket.destroy();
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (typeof address !== "object" || address === null) throw new Error("a TCP server has a port");
  return address.port;
}

/** The head of a well-formed handshake; headers given replace or add to its own. */
export function handshake(changes: Record<string, string | null> = {}): string {
  const headers: Record<string, string | null> = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}\r\n`],
  );
  return `GET /v1/chat HTTP/1.1\r\n${lines.join("")}\r\n`;
}
