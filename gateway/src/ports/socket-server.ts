/** What of an HTTP request is copied before anything is awaited. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Without the query, percent-encoding as sent. */
  readonly path: string;
  /** Without the `?`; empty where there is none. */
  readonly query: string;
  /** Names in lower case; values joined by ", " where a name was repeated. */
  readonly headers: Readonly<Record<string, string>>;
  /** The peer's address as text, an IPv4 address inside IPv6 written as IPv4. */
  readonly peer: string;
  /**
   * Aborted when the peer goes away before it was answered. A handler that then rejects with `gone.reason`
   * did right; a decision on an upgrade should end soon, as it holds its place among the pending until then.
   */
  readonly gone: AbortSignal;
  /**
   * Reads the body. May be called once.
   *
   * @param limit most bytes taken; a longer body rejects with {@link BodyTooLarge} and is not buffered. Rejects
   *   with `gone.reason` where the peer goes away first
   */
  body(limit: number): Promise<Uint8Array>;
}

/** The body was longer than the route takes. */
export class BodyTooLarge extends Error {
  constructor(limit: number) {
    super(`the body is longer than ${limit} bytes`);
    this.name = "BodyTooLarge";
  }
}

/** An answer, whole. To HEAD it is what GET would have: the server leaves the body out. */
export interface HttpResponse {
  readonly status: number;
  /** Visible ASCII. Length, date and connection are the server's own: such headers given here are left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent is an empty body. */
  readonly body?: string | Uint8Array;
}

/** What became of a send: `full` means taken, but give no more until `drained`; `gone` means lost. */
export type SendResult = "sent" | "full" | "gone";

/**
 * An open WebSocket. All methods are safe after the close and then do nothing. None calls back into its owner
 * before it returns.
 */
export interface Socket {
  /**
   * Sends one text frame. Looks at backpressure: `full` once more than 32 KiB wait in this process. A socket
   * that is sent to regardless is dropped once more than 1 MiB wait.
   */
  send(text: string): SendResult;
  /** Sends a control ping. */
  ping(): void;
  /**
   * Starts the closing handshake, behind what was sent. `closed` follows at once with this code, nothing the
   * peer still says is told, and a peer that does not answer is dropped after some seconds.
   *
   * @param reason cut to the 123 bytes that a close frame holds
   */
  close(code: number, reason: string): void;
  /** Drops the connection without a word. */
  terminate(): void;
  /** Bytes that wait in this process, not yet taken by the kernel. */
  readonly buffered: number;
}

/**
 * What a socket's owner is told, in order, never after `closed`. Where one of these throws, `failed` is told and
 * the socket is closed with 1011.
 */
export interface SocketHandlers {
  /** A text frame, already valid UTF-8. `bytes` is its size on the wire. */
  text(text: string, bytes: number): void;
  /** A binary frame, which the protocol does not have. */
  binary(bytes: number): void;
  /** A control frame, ping or pong: a sign of life below frames. */
  pong(): void;
  /** The socket takes frames again: once after each `full`, when at most 8 KiB wait. */
  drained(): void;
  /** The socket is gone; exactly once. `code` is 1006 where no close frame came. */
  closed(code: number): void;
}

/** What a gateway says to an upgrade: refuse with an HTTP answer, or open with this subprotocol. */
export type UpgradeDecision =
  | { readonly accept: false; readonly response: HttpResponse }
  | {
      readonly accept: true;
      /** The subprotocol selected, or null where the client offered none. */
      readonly protocol: string | null;
      /** Called once when the 101 has gone out, in the same turn; returns who is told of frames. */
      open(socket: Socket): SocketHandlers;
      /** Called instead of `open` where the peer went away between the decision and the 101. */
      abandoned(): void;
    };

/** Who decides. Both may throw: the server then answers 500 `INTERNAL` and reports to `failed`. */
export interface ServerHandlers {
  http(request: HttpRequest): Promise<HttpResponse>;
  /** Called for a request with `Upgrade: websocket` and a well-formed handshake, on any path. */
  upgrade(request: HttpRequest): Promise<UpgradeDecision>;
  /** Told of what a handler threw. */
  failed(error: unknown): void;
}

/** Bounds of what a server reads from strangers. */
export interface ServerLimits {
  /** Largest frame read at all; a larger one ends the connection. 1 MiB. */
  readonly maxPayloadBytes: number;
  /** Most upgrades between request and 101 at once; more are answered 503. 500. */
  readonly pendingUpgrades: number;
}

/** A server of HTTP and WebSockets on one port. permessage-deflate is off; idle timeouts are the owner's. */
export interface SocketServer {
  /** Which library serves, for people: `uWebSockets.js` or `ws`. */
  readonly name: string;
  /** Starts to listen. Rejects with a clear error where the port is taken. Port 0 picks a free one. */
  listen(host: string, port: number): Promise<{ readonly port: number }>;
  /** Takes no new connections; open sockets stay. */
  stopListening(): void;
  /** Ends everything, open sockets too; resolves when the port is free. */
  close(): Promise<void>;
}

/** Makes a server; fails where the library cannot load on this machine. */
export type SocketServerFactory = (handlers: ServerHandlers, limits: ServerLimits) => SocketServer;
