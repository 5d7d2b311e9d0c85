import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { type ServerOptions, WebSocketServer } from "ws";
import type { HttpRequest, ServerHandlers, ServerLimits, SocketServer } from "../../ports/socket-server.ts";
import { type Answer, bodyLength, refusal, TOO_MANY_UPGRADES } from "../sockets/answer.ts";
import { type Admission, abandon, answerTo, decisionOn } from "../sockets/decide.ts";
import { asksForWebSocket, judgeHandshake } from "../sockets/handshake.ts";
import { ListenError, systemCode } from "../sockets/listen-error.ts";
import { requestOf } from "./request.ts";
import { WsSocket } from "./socket.ts";

/** Most bytes of a request's head. */
const HEADER_BYTES = 16_384;
/** Milliseconds for a request's head, for all of a request, and between two requests. */
const HEAD_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 120_000;
const KEEP_ALIVE_TIMEOUT = 10_000;
/** Milliseconds between looks at those, and for a peer to answer a close frame. */
const TIMEOUT_STEP = 1_000;
const CLOSE_TIMEOUT = 4_000;

const BODY_WITH_UPGRADE = refusal(400, {
  code: "INVALID_FRAME",
  message: "send a body without asking for an upgrade",
});

/** Makes the socket server on `node:http` and `ws`. */
export function createWsServer(handlers: ServerHandlers, limits: ServerLimits): SocketServer {
  return new WsServer(handlers, limits);
}

class WsServer implements SocketServer {
  readonly name = "ws";
  readonly #handlers: ServerHandlers;
  readonly #limits: ServerLimits;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  /** Every connection, WebSocket or not: what `close` has to end. */
  readonly #connections = new Set<NetSocket>();
  /** What was decided for an upgrade, until the library asks. */
  readonly #protocols = new WeakMap<IncomingMessage, string>();
  #pendingUpgrades = 0;

  constructor(handlers: ServerHandlers, limits: ServerLimits) {
    this.#handlers = handlers;
    this.#limits = limits;
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.maxPayloadBytes,
      closeTimeout: CLOSE_TIMEOUT,
      handleProtocols: (_offered, incoming) => this.#protocols.get(incoming) ?? false,
    };
    this.#webSockets = new WebSocketServer(options);
    this.#http = createServer({
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEAD_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      connectionsCheckingInterval: TIMEOUT_STEP,
      // Node before 24.9 does not know this, and brings other upgrades to `#upgrade` too.
      shouldUpgradeCallback: (incoming) => asksForWebSocket(incoming.headers.upgrade),
    });
    this.#http.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#http.on("request", (incoming, response) => void this.#answer(incoming, response));
    this.#http.on("upgrade", (incoming, _socket, head) => this.#upgradeOrAnswer(incoming, head));
  }

  listen(host: string, port: number): Promise<{ readonly port: number }> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(new ListenError(host, port, systemCode(error), error));
      this.#http.once("error", refuse);
      this.#http.listen(port, host, () => {
        this.#http.off("error", refuse);
        const address = this.#http.address();
        resolve({ port: typeof address === "object" && address !== null ? address.port : port });
      });
    });
  }

  stopListening(): void {
    if (this.#http.listening) this.#http.close();
  }

  async close(): Promise<void> {
    this.stopListening();
    const ends = [...this.#connections].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(ends);
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    const request = requestOf(incoming, gone.signal);
    write(response, request, await answerTo(this.#handlers, request));
  }

  #upgradeOrAnswer(incoming: IncomingMessage, head: Buffer): void {
    const { socket } = incoming;
    const gone = new AbortController();
    const request = requestOf(incoming, gone.signal);
    const handshake = judgeHandshake(request);
    if (handshake.kind === "none") this.#answerInstead(incoming, request);
    else if (handshake.kind === "malformed") write(responseOn(socket, incoming), request, handshake.answer);
    else if (this.#pendingUpgrades >= this.#limits.pendingUpgrades)
      write(responseOn(socket, incoming), request, TOO_MANY_UPGRADES);
    else void this.#upgrade(incoming, head, request, gone);
  }

  /** Node before 24.9 has let go of the connection by now, and with it of the body. */
  #answerInstead(incoming: IncomingMessage, request: HttpRequest): void {
    const response = responseOn(incoming.socket, incoming);
    const { headers } = request;
    if ((headers["content-length"] ?? "0") === "0" && headers["transfer-encoding"] === undefined)
      void this.#answer(incoming, response);
    else write(response, request, BODY_WITH_UPGRADE);
  }

  async #upgrade(
    incoming: IncomingMessage,
    head: Buffer,
    request: HttpRequest,
    gone: AbortController,
  ): Promise<void> {
    const { socket } = incoming;
    const leave = (): void => {
      gone.abort();
      socket.destroy();
    };
    socket.once("end", leave);
    socket.once("close", leave);
    socket.once("error", leave);
    this.#pendingUpgrades += 1;
    const decision = await decisionOn(this.#handlers, request);
    this.#pendingUpgrades -= 1;
    socket.off("end", leave);
    socket.off("close", leave);
    if (decision.accept) this.#open(incoming, head, decision.admission);
    else if (!gone.signal.aborted) write(responseOn(socket, incoming), request, decision.answer);
    socket.off("error", leave);
  }

  #open(incoming: IncomingMessage, head: Buffer, admission: Admission): void {
    if (admission.protocol !== null) this.#protocols.set(incoming, admission.protocol);
    let opened = false;
    this.#webSockets.handleUpgrade(incoming, incoming.socket, head, (native) => {
      opened = true;
      const socket = new WsSocket(native, (error) => this.#handlers.failed(error));
      socket.opened((open) => admission.open(open));
    });
    // The library looks itself whether the peer is still there, and calls back at once or never.
    if (!opened) abandon(this.#handlers, admission);
  }
}

/** A response for a connection that Node has let go of for an upgrade that does not come about. */
function responseOn(socket: NetSocket, incoming: IncomingMessage): ServerResponse {
  const response = new ServerResponse(incoming);
  response.shouldKeepAlive = false;
  // A peer that breaks off now shows in the close that follows; nobody else listens.
  socket.on("error", () => socket.destroy());
  response.once("finish", () => socket.destroySoon());
  response.assignSocket(socket);
  return response;
}

function write(response: ServerResponse, request: HttpRequest, answer: Answer): void {
  if (response.closed || response.destroyed) return;
  const { status, headers, body } = answer;
  for (const [name, value] of headers) response.setHeader(name, value);
  if (body !== null) response.setHeader("Content-Length", bodyLength(body));
  response.writeHead(status);
  if (body === null || request.method === "HEAD") response.end();
  else response.end(body);
}
