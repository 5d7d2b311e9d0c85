import fc from "fast-check";
import type { Scope, TenantId, UserId } from "../../../src/ports/scope.ts";

/** What outsiders may put into ids, and what naive keys are joined with. */
const PIECES = [
  ":",
  "#",
  "{",
  "}",
  "/",
  "..",
  "|",
  "%",
  "%2F",
  "🙂",
  "👩‍👩‍👧",
  "a",
  "b",
  " ",
  "'",
  '"',
  "\\",
  "é",
];

/** A scope of any two strings, as authentication would have made it. */
export function scopeOf(tenant: string, user: string): Scope {
  return { tenant: tenant as TenantId, user: user as UserId };
}

const awkwardId = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 })
  .map((all) => all.join(""));

/** Scopes drawn from an alphabet that breaks joined keys. */
export const awkwardScope = fc.tuple(awkwardId, awkwardId).map(([tenant, user]) => scopeOf(tenant, user));

let users = 0;

/** The scope under a user's name that no test had before: shrinking plays the same scope again and again. */
export function freshScope(scope: Scope): Scope {
  // With no digit before it, the number ends no other number: nobody else is called so.
  return scopeOf(scope.tenant, `${scope.user}~${++users}`);
}

/** Pairs of scopes that differ and yet look alike to a key that joins tenant and user without care. */
export const LOOKALIKES: readonly (readonly [Scope, Scope])[] = [
  [scopeOf("a", "b"), scopeOf("c", "b")],
  [scopeOf("a", "b"), scopeOf("a", "c")],
  [scopeOf("a:b", "c"), scopeOf("a", "b:c")],
  [scopeOf("a#", "#b"), scopeOf("a", "##b")],
  [scopeOf("{a}", "b"), scopeOf("a", "{b}")],
  [scopeOf("a/..", "b"), scopeOf("a", "../b")],
  [scopeOf("a|", "b"), scopeOf("a", "|b")],
  [scopeOf("a%", "b"), scopeOf("a", "%b")],
  [scopeOf("a_", "b"), scopeOf("ab", "b")],
  [scopeOf("🙂", "🙂🙂"), scopeOf("🙂🙂", "🙂")],
  [scopeOf("1:a", "b"), scopeOf("1", ":ab")],
  [scopeOf("tenant", "User"), scopeOf("tenant", "user")],
];
