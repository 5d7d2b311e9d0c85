import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The way between a browser and the gateway, which can be cut. */
export interface Network {
  /** The gateway's address, by this way. */
  readonly url: string;
  /** Nothing passes any more, and nobody is told: as when a train enters a tunnel. */
  goSilent(): void;
  /** Every connection breaks, and no new one is made: as when a cable is pulled. */
  breakOff(): void;
  /** New connections pass; what was silent stays so. */
  restore(): void;
  /** What is still silent breaks, as routers have it in the end. */
  forgetSilent(): void;
  /** How many WebSockets of chats are open at the gateway's end. */
  chats(): number;
  /** How many were ever opened. */
  chatsSoFar(): number;
  close(): Promise<void>;
}

/** Lays a way to a port of this machine. */
export async function startNetwork(port: number): Promise<Network> {
  let state: "whole" | "silent" | "broken" = "whole";
  const sockets = new Set<Socket>();
  const silent = new Set<Socket>();
  const chats = new Set<Socket>();
  let chatsSoFar = 0;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    // The other end's going is passed on below; that it went roughly is nothing to fail over.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
    return socket;
  }

  const server = createServer((browser) => {
    keep(browser);
    if (state === "broken") browser.destroy();
    if (state === "silent") silent.add(browser);
    if (state !== "whole") return;
    const gateway = keep(connect(port, "127.0.0.1"));
    browser.once("data", (head) => {
      if (!/^GET \/v1\/chat [\s\S]*\r\nupgrade: websocket\r\n/i.test(head.toString("latin1"))) return;
      chats.add(gateway);
      chatsSoFar++;
      gateway.on("close", () => chats.delete(gateway));
    });
    for (const [from, to] of [
      [browser, gateway],
      [gateway, browser],
    ] as const) {
      from.pipe(to);
      from.on("close", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    goSilent() {
      state = "silent";
      for (const socket of sockets) silent.add(socket.unpipe().pause());
    },
    breakOff() {
      state = "broken";
      for (const socket of sockets) socket.resetAndDestroy();
    },
    restore() {
      state = "whole";
    },
    forgetSilent() {
      for (const socket of silent) socket.resetAndDestroy();
    },
    chats: () => chats.size,
    chatsSoFar: () => chatsSoFar,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
