import jwt from "jsonwebtoken";
import type { SigningKeyRecord } from "../ports/registry-store.ts";
import { TokenRefused } from "./principal.ts";

/** A signing key that stands for an identity provider's keys. */
export type ProviderRecord = Extract<SigningKeyRecord, { algorithm: "JWKS" }>;

/** Claims of a token whose signature may or may not have been checked. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/**
 * Whether a token is of that provider and for that application. Cognito's access tokens name the application in
 * `client_id` and have no `aud`.
 */
export function isFrom({ issuer, audience }: ProviderRecord, claims: TokenClaims): boolean {
  if (claims.iss !== issuer) return false;
  const { aud = claims.client_id } = claims;
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience;
}

/**
 * A provider's claims in our own words. Where the provider is to name the tenant, it must name this one.
 *
 * @throws {@link TokenRefused}
 */
export function ownClaims(record: ProviderRecord, claims: TokenClaims): TokenClaims {
  const { user, tenant, name } = record.claims;
  if (tenant !== undefined && claims[tenant] !== record.tenant) {
    throw new TokenRefused("UNAUTHORIZED", `claim ${tenant} does not name this tenant`);
  }
  const shown = name === undefined ? claims.name : claims[name];
  return {
    tenant_id: record.tenant,
    sub: claims[user],
    exp: claims.exp,
    iat: claims.iat,
    ...(typeof shown === "string" && shown !== "" && shown.length <= 255 ? { name: shown } : {}),
  };
}

/** The claims that a token makes, checked by nobody; null where it is no JWT. */
export function unverifiedClaims(token: string): { kid: unknown; claims: TokenClaims } | null {
  const decoded = jwt.decode(token, { complete: true });
  if (decoded === null || typeof decoded.payload === "string") return null;
  return { kid: decoded.header.kid, claims: decoded.payload };
}
