import type * as uws from "uWebSockets.js";
import type { ServerHandlers, ServerLimits, SocketServer } from "../../ports/socket-server.ts";
import { TOO_MANY_UPGRADES } from "../sockets/answer.ts";
import { abandon, answerTo, decisionOn } from "../sockets/decide.ts";
import { judgeHandshake } from "../sockets/handshake.ts";
import { ListenError, whyNot } from "../sockets/listen-error.ts";
import { MAX_WAITING_BYTES } from "../sockets/owned-socket.ts";
import { Exchange } from "./exchange.ts";
import { loadUws, type Uws } from "./load.ts";
import { type SocketData, UwsSocket } from "./socket.ts";

/** For text that the library has checked already; a byte order mark is text like any other. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The library takes options between port and callback, which its types leave out where a host is given. */
interface Listener {
  listen(
    host: string,
    port: number,
    options: number,
    listening: (socket: uws.us_listen_socket | false) => void,
  ): unknown;
}

/**
 * Makes the socket server on uWebSockets.js. What the library answers by itself (a request that is not
 * HTTP/1.1, a head over 16 KiB or 100 headers, a head not whole after some 30 s) never reaches the handlers.
 *
 * @param library the loaded library; loaded here where absent
 * @throws {UwsUnavailable} where the library does not load
 */
export function createUwsServer(
  handlers: ServerHandlers,
  limits: ServerLimits,
  library: Uws = loadUws(),
): SocketServer {
  return new UwsServer(handlers, limits, library);
}

class UwsServer implements SocketServer {
  readonly name = "uWebSockets.js";
  readonly #handlers: ServerHandlers;
  readonly #limits: ServerLimits;
  readonly #library: Uws;
  readonly #app: uws.TemplatedApp;
  #listening: uws.us_listen_socket | null = null;
  #pendingUpgrades = 0;
  #closed = false;

  constructor(handlers: ServerHandlers, limits: ServerLimits, library: Uws) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.#library = library;
    this.#app = library.App();
    this.#app.ws<SocketData>("/*", this.#behaviour());
    this.#app.any("/*", (response, incoming) => this.#request(response, incoming, null));
  }

  listen(host: string, port: number): Promise<{ readonly port: number }> {
    const listener = this.#app as unknown as Listener;
    // Exclusive: otherwise the system would share a taken port between the two, connection by connection.
    const options = this.#library.LIBUS_LISTEN_EXCLUSIVE_PORT;
    return new Promise((resolve, reject) => {
      listener.listen(host, port, options, (socket) => {
        if (socket === false) {
          whyNot(host, port).then((code) => reject(new ListenError(host, port, code)), reject);
          return;
        }
        this.#listening = socket;
        resolve({ port: this.#library.us_socket_local_port(socket) });
      });
    });
  }

  stopListening(): void {
    if (this.#listening !== null) this.#library.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening = null;
    this.#app.close();
  }

  #behaviour(): uws.WebSocketBehavior<SocketData> {
    return {
      maxPayloadLength: this.#limits.maxPayloadBytes,
      maxBackpressure: MAX_WAITING_BYTES,
      closeOnBackpressureLimit: true,
      idleTimeout: 0,
      sendPingsAutomatically: false,
      compression: this.#library.DISABLED,
      upgrade: (response, incoming, context) => this.#request(response, incoming, context),
      open: (native) => native.getUserData().socket.attach(native),
      message: (native, message, isBinary) => {
        const { socket } = native.getUserData();
        if (isBinary) socket.receivedBinary(message.byteLength);
        else socket.receivedText(DECODER.decode(message), message.byteLength);
      },
      drain: (native) => native.getUserData().socket.flushed(),
      ping: (native) => native.getUserData().socket.receivedSignOfLife(),
      pong: (native) => native.getUserData().socket.receivedSignOfLife(),
      close: (native, code) => native.getUserData().socket.detach(code),
    };
  }

  /** The library brings here what has a `Sec-WebSocket-Key`, with a context, and all else without. */
  #request(
    response: uws.HttpResponse,
    incoming: uws.HttpRequest,
    context: uws.us_socket_context_t | null,
  ): void {
    const exchange = new Exchange(response, incoming);
    const handshake = judgeHandshake(exchange.request);
    if (handshake.kind === "malformed") exchange.reply(handshake.answer);
    else if (handshake.kind === "none" || context === null) void this.#answer(exchange);
    else if (this.#pendingUpgrades >= this.#limits.pendingUpgrades) exchange.reply(TOO_MANY_UPGRADES);
    else void this.#upgrade(exchange, context);
  }

  async #answer(exchange: Exchange): Promise<void> {
    exchange.reply(await answerTo(this.#handlers, exchange.request));
  }

  async #upgrade(exchange: Exchange, context: uws.us_socket_context_t): Promise<void> {
    this.#pendingUpgrades += 1;
    const decision = await decisionOn(this.#handlers, exchange.request);
    this.#pendingUpgrades -= 1;
    if (!decision.accept) {
      exchange.reply(decision.answer);
    } else if (exchange.open) {
      const socket = new UwsSocket((error) => this.#handlers.failed(error));
      exchange.upgrade<SocketData>({ socket }, decision.admission.protocol, context);
      socket.opened((opened) => decision.admission.open(opened));
    } else {
      abandon(this.#handlers, decision.admission);
    }
  }
}
