import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { OutsideFetch } from "../ports/outside-fetch.ts";
import type { Clock } from "../ports/system.ts";

/** Milliseconds for which fetched keys count as fresh. */
const FRESH = 10 * 60_000;
/** Milliseconds between fetches at least, for a key that is not known or a server that does not answer. */
const AGAIN = 60_000;
/** Milliseconds for which keys serve on while their server does not answer. */
const STALE = 24 * 60 * 60_000;
/** Key sets kept at most; the ones made longest ago go first. */
const KEY_SETS = 1_000;

const KeySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) });

/** A public key of an identity provider, with the one algorithm it is for. */
export interface ProviderKey {
  readonly key: KeyObject;
  readonly algorithm: "RS256" | "ES256";
}

/** An identity provider's keys cannot be had now: whether a token holds is not known. */
export class KeysUnavailable extends Error {
  constructor(url: string, options?: { cause?: unknown }) {
    super(`the keys at ${new URL(url).host} cannot be read`, options);
    this.name = "KeysUnavailable";
  }
}

/** Keys of identity providers, by the URL of their JWKS. */
export interface KeySets {
  /**
   * The key of that id, or the only one where the token names none; null where there is none. Rejects with
   * {@link KeysUnavailable}.
   */
  find(url: string, kid: string | undefined): Promise<ProviderKey | null>;
}

interface Held {
  keys: ReadonlyMap<string, ProviderKey> | null;
  fetchedAt: number;
  triedAt: number;
  fetching: Promise<void> | null;
}

/** Remembers keys for ten minutes, and asks for one that is not known at most once a minute. */
export function createKeySets({ outside, clock }: { outside: OutsideFetch; clock: Clock }): KeySets {
  const sets = new Map<string, Held>();

  const heldOf = (url: string): Held => {
    const known = sets.get(url);
    if (known !== undefined) return known;
    const held: Held = {
      keys: null,
      fetchedAt: Number.NEGATIVE_INFINITY,
      triedAt: Number.NEGATIVE_INFINITY,
      fetching: null,
    };
    sets.set(url, held);
    const [oldest] = sets.keys();
    if (sets.size > KEY_SETS && oldest !== undefined) sets.delete(oldest);
    return held;
  };

  const fetchNow = async (url: string, held: Held): Promise<void> => {
    held.triedAt = clock.monotonic();
    const { status, body } = await outside.get(url);
    if (status !== 200) throw new KeysUnavailable(url);
    held.keys = readKeySet(url, body);
    held.fetchedAt = clock.monotonic();
  };

  const refresh = async (url: string, held: Held): Promise<void> => {
    held.fetching ??= fetchNow(url, held).finally(() => {
      held.fetching = null;
    });
    try {
      await held.fetching;
    } catch (error) {
      if (held.keys !== null && clock.monotonic() - held.fetchedAt < STALE) return;
      held.keys = null;
      throw error instanceof KeysUnavailable ? error : new KeysUnavailable(url, { cause: error });
    }
  };

  return {
    async find(url, kid) {
      const held = heldOf(url);
      const may = (): boolean => held.fetching !== null || clock.monotonic() - held.triedAt >= AGAIN;
      if (clock.monotonic() - held.fetchedAt >= FRESH && may()) await refresh(url, held);
      else if (held.keys !== null && keyOf(held.keys, kid) === null && may()) await refresh(url, held);
      if (held.keys === null) throw new KeysUnavailable(url);
      return keyOf(held.keys, kid);
    },
  };
}

function keyOf(keys: ReadonlyMap<string, ProviderKey>, kid: string | undefined): ProviderKey | null {
  if (kid !== undefined) return keys.get(kid) ?? null;
  const [only] = keys.values();
  return keys.size === 1 && only !== undefined ? only : null;
}

/** The keys of a set that may check a token; others in it are for other purposes. */
function readKeySet(url: string, body: string): ReadonlyMap<string, ProviderKey> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new KeysUnavailable(url, { cause: error });
  }
  const set = KeySet.safeParse(parsed);
  if (!set.success) throw new KeysUnavailable(url);
  const keys = new Map<string, ProviderKey>();
  for (const jwk of set.data.keys) {
    const key = providerKey(jwk);
    if (key !== null) keys.set(typeof jwk.kid === "string" ? jwk.kid : "", key);
  }
  return keys;
}

function providerKey(jwk: Record<string, unknown>): ProviderKey | null {
  const algorithm = jwk.kty === "RSA" ? "RS256" : jwk.kty === "EC" && jwk.crv === "P-256" ? "ES256" : null;
  if (algorithm === null || (jwk.use ?? "sig") !== "sig" || (jwk.alg ?? algorithm) !== algorithm) return null;
  try {
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    return bits !== undefined && bits < 2_048 ? null : { key, algorithm };
  } catch {
    // A key that cannot be read is as good as none; the others of its set may be sound.
    return null;
  }
}
