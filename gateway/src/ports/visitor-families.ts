import type { TenantId, UserId } from "./scope.ts";

/** That a token was used. */
export interface TokenUse {
  readonly token: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Why a visitor's tokens hold no more. */
export type FamilyEnd =
  /** A token came back long after its successor had been used: somebody else has a copy. */
  | { readonly reason: "reused"; readonly at: number }
  /** The visitor became this user; `moved` once the conversations have passed. */
  | { readonly reason: "adopted"; readonly at: number; readonly by: UserId; readonly moved: boolean }
  | { readonly reason: "erased"; readonly at: number };

/** The tokens that were given to one visitor, numbered from 1. */
export interface VisitorFamily {
  /** The latest one that was given out. It has not been used yet. */
  readonly current: number;
  /** First uses of recent ones, oldest first. */
  readonly uses: readonly TokenUse[];
  readonly ended: FamilyEnd | null;
  /** Milliseconds since 1970: no token of it holds after that, and it may be forgotten. */
  readonly expiresAt: number;
  /** Rises by one with every change; the first is 1. */
  readonly revision: number;
}

/** The families of one tenant's visitors. */
export interface TenantVisitorFamilies {
  /** Null where no token of the visitor was ever used. Sees every `put` that resolved before. */
  get(visitor: string): Promise<VisitorFamily | null>;
  /**
   * Puts a family in the place of the one with the revision before it, or of none where its revision is 1. False:
   * there is another, and nothing was changed. Durable when it resolves.
   */
  put(visitor: string, family: VisitorFamily): Promise<boolean>;
  /** Forgets families of the tenant, at most so many; may miss what was put a moment ago. @returns how many */
  forget(limit: number): Promise<number>;
}

/** What became of visitors' tokens. There is no unscoped read. */
export interface VisitorFamilies {
  forTenant(tenant: TenantId): TenantVisitorFamilies;
  /**
   * Forgets families of all tenants that expired before then, at most so many. A store that forgets by itself does
   * nothing.
   *
   * @returns how many were forgotten
   */
  forgetExpired(before: number, limit: number): Promise<number>;
}
