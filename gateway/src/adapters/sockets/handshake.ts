import type { HttpRequest } from "../../ports/socket-server.ts";
import { type Answer, refusal } from "./answer.ts";

/** What a request asks for: plain HTTP, a WebSocket, or a WebSocket in a way that cannot be. */
export type Handshake =
  | { readonly kind: "none" }
  | { readonly kind: "websocket" }
  | { readonly kind: "malformed"; readonly answer: Answer };

const NONE: Handshake = { kind: "none" };
const WEBSOCKET: Handshake = { kind: "websocket" };

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const PROTOCOLS = /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*[ \t]*$/;

/** Whether the `Upgrade` header asks for a WebSocket. */
export function asksForWebSocket(upgrade: string | undefined): boolean {
  return upgrade !== undefined && upgrade.trim().toLowerCase() === "websocket";
}

/**
 * Judges the opening handshake (RFC 6455, 4.2.1), alike for both servers. An `Upgrade` to something else, or
 * one that `Connection` does not name, is to be ignored, as HTTP wants it.
 */
export function judgeHandshake(request: Pick<HttpRequest, "method" | "headers">): Handshake {
  const { headers } = request;
  if (!asksForWebSocket(headers.upgrade) || !names(headers.connection, "upgrade")) return NONE;
  if (request.method !== "GET") return malformed("a WebSocket is opened by GET");
  if (headers["sec-websocket-version"] !== "13") return wrongVersion;
  if (!KEY.test(headers["sec-websocket-key"] ?? ""))
    return malformed("Sec-WebSocket-Key is missing or is not 16 bytes of base64");
  const offered = headers["sec-websocket-protocol"];
  if (offered !== undefined && !isListOfProtocols(offered))
    return malformed("Sec-WebSocket-Protocol is not a list of different names");
  return WEBSOCKET;
}

function names(list: string | undefined, name: string): boolean {
  return list?.split(",").some((item) => item.trim().toLowerCase() === name) ?? false;
}

function isListOfProtocols(value: string): boolean {
  if (!PROTOCOLS.test(value)) return false;
  const offers = value.split(",").map((offer) => offer.trim());
  return new Set(offers).size === offers.length;
}

function malformed(message: string): Handshake {
  return { kind: "malformed", answer: refusal(400, { code: "INVALID_FRAME", message }) };
}

const wrongVersion: Handshake = {
  kind: "malformed",
  answer: refusal(
    426,
    { code: "INVALID_FRAME", message: "version 13 of the WebSocket protocol is spoken here" },
    { "sec-websocket-version": "13" },
  ),
};
