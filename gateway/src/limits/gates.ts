import type { AddressLimiter, Attempt } from "../ports/address-limiter.ts";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { Scope } from "../ports/scope.ts";
import { LOOPBACK, networksOf, subscriberOf } from "./networks.ts";

/** What may be done in a minute, where a site key does not say otherwise. */
export const GATE_LIMITS = {
  /** Sessions of anonymous visitors behind one address at one site key, or of one user. */
  session: 600,
  /** Upgrades, and probes of them, of the same. */
  upgrade: 1_200,
  /** Messages of all anonymous visitors behind one address at one site key, whatever ids they have. */
  turn: 600,
  /** Tokens and keys of one address that did not hold. */
  "failed-authentication": 120,
} as const;

/** Under what an anonymous visitor's turns are counted. */
export interface TurnGate {
  readonly subject: string;
  readonly perMinute: number;
}

/** Gates against abuse. Each answers null, or the whole seconds to wait. */
export interface Gates {
  /** An anonymous visitor of a site key. */
  visitor(gate: "session" | "upgrade", address: string, key: SiteKeyRecord): Promise<number | null>;
  /** A user that a token of the tenant's own names. */
  user(gate: "session" | "upgrade", scope: Scope, address: string): Promise<number | null>;
  /** Under what the visitor's turns are to be counted; null is not at all. */
  turnsOf(address: string, key: SiteKeyRecord): TurnGate | null;
  turn(gate: TurnGate): Promise<number | null>;
  /** Whether the address may try to authenticate. */
  mayAuthenticate(address: string): Promise<number | null>;
  /** It did, and its token or key did not hold. */
  failedToAuthenticate(address: string): Promise<void>;
}

/**
 * Makes the gates. Where what they count with cannot be reached they stand open: sessions and sockets go on, and
 * the limiter of turns, which reserves, decides.
 *
 * @param options.exemptLoopback whether this machine itself is not counted
 * @param options.failed told of trouble with the limiter
 */
export function createGates(options: {
  limiter: AddressLimiter;
  exemptLoopback: boolean;
  failed(error: unknown): void;
}): Gates {
  const { limiter, exemptLoopback, failed } = options;
  const exempt = (address: string): boolean => exemptLoopback && LOOPBACK.has(address);
  const exemptAt = (address: string, { limits }: SiteKeyRecord): boolean =>
    exempt(address) || (limits.ranges !== undefined && networksOf(limits.ranges).has(address));
  const ask = async (attempt: Attempt, how: "take" | "look" = "take"): Promise<number | null> => {
    try {
      const verdict = await limiter[how](attempt);
      return verdict.admitted ? null : verdict.retryAfter;
    } catch (error) {
      failed(error);
      return null;
    }
  };
  const visitorsOf = (address: string, key: SiteKeyRecord): string =>
    JSON.stringify([key.tenant, key.id, subscriberOf(address)]);
  const failures = (address: string): Attempt => ({
    gate: "failed-authentication",
    subject: subscriberOf(address),
    perMinute: GATE_LIMITS["failed-authentication"],
  });

  return {
    async visitor(gate, address, key) {
      if (exemptAt(address, key)) return null;
      const own = gate === "session" ? key.limits.sessionsPerMinute : key.limits.upgradesPerMinute;
      return ask({ gate, subject: visitorsOf(address, key), perMinute: own ?? GATE_LIMITS[gate] });
    },
    async user(gate, { tenant, user }, address) {
      if (exempt(address)) return null;
      return ask({ gate, subject: JSON.stringify([tenant, user]), perMinute: GATE_LIMITS[gate] });
    },
    turnsOf: (address, key) =>
      exemptAt(address, key) ? null : { subject: visitorsOf(address, key), perMinute: GATE_LIMITS.turn },
    turn: ({ subject, perMinute }) => ask({ gate: "turn", subject, perMinute }),
    async mayAuthenticate(address) {
      return exempt(address) ? null : ask(failures(address), "look");
    },
    async failedToAuthenticate(address) {
      if (!exempt(address)) await ask(failures(address));
    },
  };
}
