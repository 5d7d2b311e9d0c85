import { BEARER_PREFIX, PROTOCOL } from "./constants.ts";

/** What a `Sec-WebSocket-Protocol` offer says: the version both sides speak, and the token it carries. */
export interface SubprotocolOffer {
  /** The common version, or null where there is none (HTTP 426). */
  readonly protocol: typeof PROTOCOL | null;
  /** The JWT offered as `bearer.<JWT>`, or null. */
  readonly token: string | null;
}

/**
 * Reads a `Sec-WebSocket-Protocol` header. Names are told apart by case, the first `bearer.` offer counts,
 * and what is unknown is ignored.
 *
 * @param header the header's value, comma separated; empty or absent offers nothing
 */
export function readSubprotocolOffer(header: string | undefined): SubprotocolOffer {
  const offers = (header ?? "")
    .split(",")
    .map((offer) => offer.trim())
    .filter((offer) => offer !== "");
  const bearer = offers.find((offer) => offer.startsWith(BEARER_PREFIX) && offer !== BEARER_PREFIX);
  return {
    protocol: offers.includes(PROTOCOL) ? PROTOCOL : null,
    token: bearer?.slice(BEARER_PREFIX.length) ?? null,
  };
}

/** The subprotocols that a client offers with its token. */
export function subprotocolOffer(token: string): [string, string] {
  return [PROTOCOL, `${BEARER_PREFIX}${token}`];
}
