import type { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { z } from "zod";
import type { SigningKeyRecord } from "../ports/registry-store.ts";
import type { Clock } from "../ports/system.ts";
import type { DerivedKeys } from "./derived-keys.ts";
import type { TenantDirectory } from "./directory.ts";
import type { KeySets } from "./jwks.ts";
import { type Principal, type SiteBinding, TokenRefused } from "./principal.ts";
import {
  isFrom,
  ownClaims,
  type ProviderRecord,
  type TokenClaims,
  unverifiedClaims,
} from "./provider-tokens.ts";
import { ANONYMOUS_PREFIX, establishedTenant, establishedUser } from "./scope.ts";

/** `kid` of the tokens that the gateway mints itself. */
export const OWN_KEY_ID = "parlance";
/** Clocks may differ by so many seconds. */
const LEEWAY_SECONDS = 60;
/** Longest life of a token, seconds. */
export const LONGEST_LIFE_SECONDS = 24 * 60 * 60;
/** Life of a session's token, seconds. */
export const SESSION_LIFE_SECONDS = 15 * 60;

/** A token that was minted. */
export interface MintedToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a token is minted for. */
export interface TokenSubject {
  readonly tenant: string;
  readonly user: string;
  readonly name?: string;
  readonly site?: SiteBinding;
  readonly lifeSeconds: number;
}

/** Mints and checks the JWTs that open a chat. */
export interface Tokens {
  mint(subject: TokenSubject): MintedToken;
  /**
   * Checks signature, algorithm (the key's, never the header's), times and claims.
   *
   * @param tenant whose user it must be; where absent, the token's own `tenant_id` says so
   * @throws {@link TokenRefused}; rejects with `KeysUnavailable` where the tenant's identity provider does not answer
   */
  verify(token: string, tenant?: string): Promise<Principal>;
}

const Claims = z.object({
  tenant_id: z.string().min(1),
  sub: z.string(),
  exp: z.number(),
  iat: z.number(),
  name: z.string().max(255).optional(),
  email: z.string().max(320).optional(),
  site: z.object({ siteKey: z.string(), origin: z.string(), generation: z.int() }).optional(),
});

const refuse = (message: string): TokenRefused => new TokenRefused("UNAUTHORIZED", message);

/** Makes the one place that mints and checks chat tokens. */
export function createTokens(options: {
  keys: DerivedKeys;
  directory: TenantDirectory;
  keySets: KeySets;
  clock: Clock;
  /** Told of a tenant's key that checked a token. */
  used(key: SigningKeyRecord): void;
}): Tokens {
  const { keys, directory, keySets, clock, used } = options;

  const checkWith = (token: string, key: string | Buffer | KeyObject, algorithm: jwt.Algorithm): unknown =>
    jwt.verify(token, key, {
      algorithms: [algorithm],
      clockTolerance: LEEWAY_SECONDS,
      clockTimestamp: Math.floor(clock.now() / 1000),
    });

  const signedByUs = (token: string): unknown => {
    let failure: unknown;
    for (const key of keys.accepted("session")) {
      try {
        return checkWith(token, key, "HS256");
      } catch (error) {
        if (!(error instanceof jwt.JsonWebTokenError) || error instanceof jwt.TokenExpiredError) throw error;
        failure = error;
      }
    }
    throw failure;
  };

  const signedByTenant = async (
    token: string,
    tenant: string,
    { kid, claims }: { kid: unknown; claims: TokenClaims },
  ): Promise<{ claims: unknown; key: SigningKeyRecord }> => {
    const known = await directory.signingKeys(tenant);
    const key =
      (typeof kid === "string" ? known.find((each) => each.kid === kid) : onlyOne(known)) ??
      known.find((each) => each.algorithm === "JWKS" && isFrom(each, claims));
    if (key === undefined) throw refuse("the token's key is not known");
    if (key.algorithm === "JWKS") return { claims: await signedByProvider(token, key, kid), key };
    if (claims.tenant_id !== tenant) throw refuse("the token names another tenant, or none");
    const material = key.algorithm === "HS256" ? key.secret : key.publicKey;
    return { claims: checkWith(token, material, key.algorithm), key };
  };

  const signedByProvider = async (token: string, record: ProviderRecord, kid: unknown): Promise<unknown> => {
    const found = await keySets.find(record.jwksUrl, typeof kid === "string" ? kid : undefined);
    if (found === null) throw refuse("the token's key is not among its provider's");
    const claims = checkWith(token, found.key, found.algorithm) as TokenClaims;
    if (!isFrom(record, claims)) throw refuse("the token is of another provider, or for another application");
    return ownClaims(record, claims);
  };

  return {
    mint({ tenant, user, name, site, lifeSeconds }) {
      const issuedAt = Math.floor(clock.now() / 1000);
      const claims = { tenant_id: tenant, sub: user, iat: issuedAt, exp: issuedAt + lifeSeconds, name, site };
      const token = jwt.sign(JSON.stringify(dropUndefined(claims)), keys.current("session"), {
        algorithm: "HS256",
        header: { alg: "HS256", typ: "JWT", kid: OWN_KEY_ID },
      });
      return { token, expiresAt: (issuedAt + lifeSeconds) * 1000 };
    },

    async verify(token, expected) {
      const unverified = unverifiedClaims(token);
      if (unverified === null) throw refuse("the token is not a JWT");
      const own = unverified.kid === OWN_KEY_ID;
      const named = unverified.claims.tenant_id;
      const tenant = own ? named : (expected ?? named);
      if (typeof tenant !== "string" || tenant === "") throw refuse("the token names no tenant");
      let payload: unknown;
      let key: SigningKeyRecord | null = null;
      try {
        if (own) payload = signedByUs(token);
        else ({ claims: payload, key } = await signedByTenant(token, tenant, unverified));
      } catch (error) {
        throw asRefusal(error);
      }
      const claims = Claims.safeParse(payload);
      if (!claims.success) {
        throw refuse(`claim ${claims.error.issues[0]?.path.join(".") ?? ""} is missing or not valid`);
      }
      if (expected !== undefined && claims.data.tenant_id !== expected)
        throw refuse("the token is another tenant's");
      const principal = await principalOf(claims.data, own, clock.now());
      if (key === null) return principal;
      used(key);
      return { ...principal, signedBy: key.kid };
    },
  };

  async function principalOf(claims: z.infer<typeof Claims>, own: boolean, now: number): Promise<Principal> {
    if (claims.exp - claims.iat > LONGEST_LIFE_SECONDS) throw refuse("the token lives longer than 24 hours");
    if (claims.iat * 1000 > now + LEEWAY_SECONDS * 1000) throw refuse("the token was issued in the future");
    const user = establishedUser(claims.sub);
    if (user === null) throw refuse("sub must be 1 to 255 bytes without control characters");
    const anonymous = user.startsWith(ANONYMOUS_PREFIX);
    if (anonymous && !own) throw refuse(`sub may not begin with ${ANONYMOUS_PREFIX}`);
    if ((await directory.tenant(claims.tenant_id)) === null)
      throw refuse("the token's tenant does not exist");
    return {
      tenant: establishedTenant(claims.tenant_id),
      user,
      anonymous,
      issuedAt: claims.iat * 1000,
      expiresAt: claims.exp * 1000,
      ...(claims.name === undefined ? {} : { name: claims.name }),
      ...(own && claims.site !== undefined ? { site: claims.site } : {}),
    };
  }
}

function onlyOne(keys: readonly SigningKeyRecord[]): SigningKeyRecord | undefined {
  return keys.length === 1 ? keys[0] : undefined;
}

function asRefusal(error: unknown): unknown {
  if (error instanceof TokenRefused) return error;
  if (error instanceof jwt.TokenExpiredError)
    return new TokenRefused("TOKEN_EXPIRED", "the token has expired");
  if (error instanceof jwt.NotBeforeError) return refuse("the token is not valid yet");
  if (error instanceof jwt.JsonWebTokenError) return refuse("the token's signature does not hold");
  return error;
}

function dropUndefined(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
