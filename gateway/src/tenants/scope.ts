import type { Scope, TenantId, UserId } from "../ports/scope.ts";

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Anonymous visitors' ids begin so; a customer's `sub` may not. */
export const ANONYMOUS_PREFIX = "anon_";

/** Brands a tenant's id. Only for what authentication or the registry has established. */
export function establishedTenant(id: string): TenantId {
  return id as TenantId;
}

/**
 * Brands a user's id, where it is one: 1 to 255 bytes of well-formed text without control characters.
 * Null where it is not.
 */
export function establishedUser(sub: unknown): UserId | null {
  if (typeof sub !== "string" || sub === "" || !sub.isWellFormed() || CONTROL_CHARACTER.test(sub))
    return null;
  return Buffer.byteLength(sub) <= 255 ? (sub as UserId) : null;
}

/** A scope as one string, injectively: no two scopes share it, whatever characters ids hold. */
export function scopeKey({ tenant, user }: Scope): string {
  return `${tenant.length}:${tenant}${user}`;
}
