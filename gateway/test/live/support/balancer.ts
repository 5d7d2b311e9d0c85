import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";

/** Milliseconds between looks at whether instances take sockets. */
const LOOK = 100;

/** Spreads what comes over instances, in turn: two calls or sockets of one user lead to two instances. */
export interface Balancer {
  /** `http://…` */
  readonly url: string;
  /** `ws://…/v1/chat` */
  readonly chatUrl: string;
  /** How many calls and sockets each instance was sent, by port. */
  readonly calls: ReadonlyMap<number, number>;
  readonly sockets: ReadonlyMap<number, number>;
  /** Sends to an instance from now on, while `/readyz` says that it takes what comes. */
  add(instance: { readonly port: number }): Promise<void>;
  /** Drops every socket without a word, as a lost network does. */
  dropSockets(): void;
  close(): Promise<void>;
}

/** Starts one on a free port, with nobody behind it. */
export async function startBalancer(): Promise<Balancer> {
  const balancer = new RoundRobin();
  await balancer.listen();
  return balancer;
}

class RoundRobin implements Balancer {
  readonly calls = new Map<number, number>();
  readonly sockets = new Map<number, number>();
  readonly #ready = new Map<number, boolean>();
  readonly #tunnels = new Set<Socket>();
  readonly #server = createServer((incoming, answer) => this.#call(incoming, answer));
  readonly #looking: NodeJS.Timeout;
  #turn = 0;
  #port = 0;

  constructor() {
    this.#server.on("upgrade", (incoming, near, head) => this.#tunnel(incoming, near as Socket, head));
    this.#looking = setInterval(() => {
      for (const port of this.#ready.keys()) void this.#look(port);
    }, LOOK);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the balancer has no port");
    this.#port = address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get chatUrl(): string {
    return `ws://127.0.0.1:${this.#port}/v1/chat`;
  }

  async add({ port }: { readonly port: number }): Promise<void> {
    this.#ready.set(port, false);
    await this.#look(port);
  }

  dropSockets(): void {
    for (const tunnel of this.#tunnels) tunnel.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.dropSockets();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #look(port: number): Promise<void> {
    const ready = await new Promise<boolean>((resolve) => {
      const look = request({ port, host: "127.0.0.1", path: "/readyz", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      look.on("error", () => resolve(false));
      look.end();
    });
    if (this.#ready.has(port)) this.#ready.set(port, ready);
  }

  #next(counts: Map<number, number>): number | null {
    const ready = [...this.#ready].flatMap(([port, isReady]) => (isReady ? [port] : []));
    const port = ready[this.#turn++ % Math.max(1, ready.length)] ?? null;
    if (port !== null) counts.set(port, (counts.get(port) ?? 0) + 1);
    return port;
  }

  #call(incoming: IncomingMessage, answer: ServerResponse): void {
    const port = this.#next(this.calls);
    const { method, url: path, headers } = incoming;
    const onward = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.writeHead(502).end());
    if (port === null) onward.destroy(new Error("no instance is ready"));
    else incoming.pipe(onward);
  }

  #tunnel(incoming: IncomingMessage, near: Socket, head: Buffer): void {
    const port = this.#next(this.sockets);
    if (port === null) {
      near.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      this.#tunnels.add(socket);
      socket.setNoDelay(true);
      // Whatever ends one side ends the other; nothing more is to be said of it.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#tunnels.delete(socket));
    }
    near.on("close", () => far.destroy());
    far.on("close", (failed) => {
      if (failed) near.destroy();
      else near.end();
    });
    const lines = incoming.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
    );
    far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    far.write(head);
    far.pipe(near);
    near.pipe(far);
  }
}
