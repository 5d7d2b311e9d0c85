import { getPublicSuffix } from "tldts";

/** The hosts for which plain `http` is an origin that a site key may allow. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Says what is wrong with an allowed origin, or null where nothing is. Allowed are an exact origin
 * (`https://shop.example`), every subdomain of one (`https://*.example.com`), `http` on loopback, there with
 * any port as `http://localhost:*`, and `null` spelled out.
 */
export function originPatternProblem(pattern: string): string | null {
  if (pattern === "null") return null;
  const match = /^(https?):\/\/(\*\.)?([a-z0-9.-]+|\[::1\])(?::(\d{1,5}|\*))?$/.exec(pattern);
  if (match === null) return "must be an origin such as https://shop.example, in lower case, without a path";
  const [, scheme, wildcard, host = "", port] = match;
  const loopback = LOOPBACK.has(host);
  if (scheme === "http" && !loopback) return "http is allowed for localhost only";
  if (port === "*" && !loopback) return "any port is allowed for localhost only";
  if (wildcard === undefined) return null;
  // What stands directly under a public suffix, private ones such as github.io included, is anybody's.
  if (!host.includes(".") || getPublicSuffix(host, { allowPrivateDomains: true }) === host) {
    return "a wildcard must stand under a registered domain, not under a public suffix";
  }
  return null;
}

/** Whether a request's `Origin` is among the allowed ones. */
export function originAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((pattern) => matches(origin, pattern));
}

function matches(origin: string, pattern: string): boolean {
  if (origin === pattern) return true;
  if (pattern.endsWith(":*")) {
    const base = pattern.slice(0, -2);
    return (
      origin === base || (origin.startsWith(`${base}:`) && /^\d{1,5}$/.test(origin.slice(base.length + 1)))
    );
  }
  const wildcard = pattern.indexOf("://*.");
  if (wildcard === -1) return false;
  const scheme = pattern.slice(0, wildcard + 3);
  const suffix = pattern.slice(wildcard + 4);
  const host = origin.slice(scheme.length, origin.length - suffix.length);
  return origin.startsWith(scheme) && origin.endsWith(suffix) && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host);
}
