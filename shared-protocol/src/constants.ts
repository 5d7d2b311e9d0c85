/**
 * The words and figures of `parlance.v1` that carry no validator with them, so that a browser may import
 * them for a few hundred bytes. The schemas stand in `client-frames.ts` and `server-frames.ts`.
 */

/** The WebSocket subprotocol that this package describes. */
export const PROTOCOL = "parlance.v1";

/** The prefix of the subprotocol offer that carries the JWT; the server never echoes it. */
export const BEARER_PREFIX = "bearer.";

/** Figures that hold for every client and server of v1. Sizes in bytes unless named otherwise. */
export const PROTOCOL_LIMITS = {
  /** Longest text of a message, in Unicode characters (code points, as JSON Schema's `maxLength` counts). */
  messageCharacters: 16_000,
  /** Longest address of a page that a message names. */
  pageUrlCharacters: 2_048,
  /** Largest frame that a client may send; a larger one closes the socket with 1009. */
  clientFrameBytes: 65_536,
  /** Largest frame that a server sends; lists are cut to fit. */
  serverFrameBytes: 262_144,
  /** Largest piece of text in one `token` frame, when a reader catches up. */
  pieceBytes: 32_768,
  /** Messages that may wait for their answer in one conversation. */
  waitingReplies: 10,
  /** Frames a second that one socket may send, beyond which it is closed with 4429. */
  framesPerSecond: 50,
  /** Bad frames a minute at which one socket is closed with 4400. */
  badFramesPerMinute: 10,
  /** Messages in `ready`, and in `history` where no limit is asked for. */
  recentMessages: 20,
  /** Most items in one `history` or `conversations` answer. */
  pageItems: 100,
  /** Seconds after its `done` during which a reply can be resumed. */
  resumableSeconds: 300,
} as const;

/** Seconds between the server's pings, and how long a peer may stay silent after one. */
export const HEARTBEAT = { ping: 30, timeout: 10 } as const;

/** Seconds of silence after which a client that cannot see control pings sends `ping` itself. */
export const CLIENT_PING_AFTER_SECONDS = 45;

/** Seconds past `exp` at which a socket whose token was not renewed is closed with 4401. */
export const TOKEN_GRACE_SECONDS = 30;

/** Share of a token's life after which a client renews it, counted from `ready.now`. */
export const TOKEN_RENEW_AT = 0.8;

/** Seconds of the reconnect backoff, before full jitter; the last one repeats. */
export const RECONNECT_BACKOFF_SECONDS = [1, 2, 4, 8, 16, 30] as const;

/** Every error code of v1. Text beside a code is free to change; the code is not. */
export const ERROR_CODES = [
  "INVALID_FRAME",
  "UNSUPPORTED_TYPE",
  "MESSAGE_TOO_LARGE",
  "UNAUTHORIZED",
  "TOKEN_EXPIRED",
  "FORBIDDEN",
  "NOT_FOUND",
  "RATE_LIMITED",
  "CONCURRENCY_LIMITED",
  "BUDGET_EXHAUSTED",
  "CHALLENGE_REQUIRED",
  "ATTACHMENT_REJECTED",
  "UPSTREAM_ERROR",
  "UPSTREAM_OVERLOADED",
  "UPSTREAM_TIMEOUT",
  "INTERNAL",
] as const;

/** One of the protocol's error codes. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a reply ended. A client treats a reason it does not know as `error`. */
export const END_REASONS = ["stop", "length", "cancelled", "abandoned", "error", "interrupted"] as const;

/** One of the ways in which a reply ends. */
export type EndReason = (typeof END_REASONS)[number];

/** Close codes by name. `reconnectAfter` below says which of them invite a client back. */
export const CLOSE_CODES = {
  goingAway: 1001,
  tooLarge: 1009,
  internal: 1011,
  restart: 1012,
  tooManyBadFrames: 4400,
  tokenExpired: 4401,
  forbidden: 4403,
  noHeartbeat: 4408,
  tooFast: 4429,
} as const;

/** What a client does after a close: come back, come back with a new token, or stay away. */
export type AfterClose = "reconnect" | "renew" | "stop";

/**
 * Reads the reconnect policy off a close code. Codes this version does not name follow their range:
 * 4400 to 4449 stop, all others reconnect.
 *
 * @param code the code of the close event; 1006 where the socket died without one
 */
export function afterClose(code: number): AfterClose {
  if (code === CLOSE_CODES.tokenExpired) return "renew";
  if (code === CLOSE_CODES.noHeartbeat || code === CLOSE_CODES.tooFast) return "reconnect";
  return code >= 4400 && code <= 4449 ? "stop" : "reconnect";
}

/** Optional abilities that a server may name in `ready.features`; what is not named is not to be sent. */
export const FEATURES = [
  "conversations",
  "clear",
  "regenerate",
  "edit",
  "feedback",
  "typing",
  "handoff",
  "attachments",
] as const;

/** One optional ability. */
export type Feature = (typeof FEATURES)[number];
