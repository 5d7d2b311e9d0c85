import { canonicalAddress, networksOf } from "../limits/networks.ts";
import type { HttpRequest } from "../ports/socket-server.ts";

/** The address that a request came from. */
export type ClientAddress = (request: HttpRequest) => string;

/**
 * Finds who asks behind proxies. `X-Forwarded-For` counts only where the peer is a trusted proxy; each proxy appends
 * the peer it saw, so the right one is the rightmost that is not a trusted proxy itself. What stands left of it was
 * written by whoever asked.
 *
 * @param trusted addresses and networks of the proxies
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = networksOf(trusted);
  return ({ peer, headers }) => {
    let address = canonicalAddress(peer) ?? peer;
    const hops = (headers["x-forwarded-for"] ?? "").split(",").reverse();
    for (const hop of hops) {
      if (!proxies.has(address)) return address;
      const before = canonicalAddress(withoutPort(hop.trim()));
      if (before === null) return address;
      address = before;
    }
    return address;
  };
}

/** Some proxies write a port too: `203.0.113.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop);
  return match?.[1] ?? match?.[2] ?? hop;
}
