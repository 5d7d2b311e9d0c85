import { loadUws } from "./adapters/uws/load.ts";
import { createUwsServer } from "./adapters/uws/server.ts";
import { createWsServer } from "./adapters/ws/server.ts";
import type { SocketServerFactory } from "./ports/socket-server.ts";

/** The socket server that serves, and why it is not the first choice, where it is not. */
export interface ChosenSocketServer {
  readonly create: SocketServerFactory;
  readonly reason: string | null;
}

/**
 * Picks the socket server: uWebSockets.js where it loads, `ws` where it does not.
 *
 * @throws where `uws` is asked for by name and does not load
 */
export function chooseSocketServer(choice: "auto" | "uws" | "ws"): ChosenSocketServer {
  if (choice === "ws") return { create: createWsServer, reason: "PARLANCE_SOCKET_SERVER is ws" };
  try {
    loadUws();
    return { create: createUwsServer, reason: null };
  } catch (error) {
    if (choice === "uws") throw error;
    return { create: createWsServer, reason: error instanceof Error ? error.message : "it does not load" };
  }
}
