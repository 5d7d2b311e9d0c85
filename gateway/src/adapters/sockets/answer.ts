import type { ErrorCode } from "@parlance/protocol";
import type { HttpResponse } from "../../ports/socket-server.ts";

/** An answer that is safe to write as it stands. */
export interface Answer {
  readonly status: number;
  /** Without those that the server writes itself. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null where the status forbids a body, and its length. */
  readonly body: string | Uint8Array | null;
}

/** Headers about the message and the connection: the server's own business, left out of what a route gives. */
const WRITTEN_BY_SERVER = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VISIBLE = /^[\t\x20-\x7e]*$/;

/**
 * Checks what a route gave, so that no value can end a header or the head.
 *
 * @throws {TypeError} where a status or header cannot be sent; its message names the header, never its value
 */
export function checked(response: HttpResponse): Answer {
  const { status } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`${status} is no status of an answer`);
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (!TOKEN.test(name)) throw new TypeError("a header's name has characters that no header may have");
    if (!VISIBLE.test(value))
      throw new TypeError(`the value of header ${name} has characters that no header may have`);
    if (!WRITTEN_BY_SERVER.has(name.toLowerCase())) headers.push([name, value]);
  }
  return { status, headers, body: status === 204 || status === 304 ? null : (response.body ?? "") };
}

/** Bytes of an answer's body. */
export function bodyLength(body: string | Uint8Array): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

/** An error in the form that every error has. */
export function refusal(
  status: number,
  error: { readonly code: ErrorCode; readonly message: string },
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return checked({
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify({ error }),
  });
}

/** What the peer is told when a handler threw. */
export const INTERNAL_ERROR = refusal(500, { code: "INTERNAL", message: "something went wrong here" });

/** What an upgrade beyond the bound of pending ones is told. */
export const TOO_MANY_UPGRADES = refusal(
  503,
  { code: "INTERNAL", message: "too many connections are being opened; try again" },
  { "retry-after": "1" },
);
