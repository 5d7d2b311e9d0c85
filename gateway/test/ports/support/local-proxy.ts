import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a port of this machine. */
export interface LocalProxy {
  readonly port: number;
  /** Ends every connection. */
  drop(): void;
  close(): Promise<void>;
}

/**
 * Opens one.
 *
 * @param carry what is done with a connection to it and the way on; both end together
 * @param isOpen whether new connections are let through
 */
export async function localProxy(
  target: number,
  carry: (near: Socket, far: Socket) => void,
  isOpen: () => boolean = () => true,
): Promise<LocalProxy> {
  const sockets = new Set<Socket>();
  const own = (socket: Socket): Socket => {
    sockets.add(socket);
    // What is left half-sent by a cut, or by an instance that is killed, is no failure of a test.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    own(near);
    if (!isOpen()) {
      near.destroy();
      return;
    }
    const far = own(connect(target, "127.0.0.1"));
    carry(near, far);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    drop,
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
