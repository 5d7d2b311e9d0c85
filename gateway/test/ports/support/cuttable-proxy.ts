import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a local port that tests can cut. */
export interface CuttableProxy {
  readonly port: number;
  /** Ends every connection and lets no new one through. */
  cut(): void;
  /** Lets new connections through again. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens a way to a port of this machine. */
export async function cuttableProxy(target: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let open = true;
  const own = (socket: Socket): Socket => {
    sockets.add(socket);
    // What a cut leaves half-sent is no failure of a test.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    own(near);
    if (!open) {
      near.destroy();
      return;
    }
    const far = own(connect(target, "127.0.0.1"));
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const cut = (): void => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    mend: () => {
      open = true;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
