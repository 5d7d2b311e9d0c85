import type { TenantId } from "./scope.ts";

/** An answer worth giving again. */
export interface CachedAnswer {
  readonly content: string;
  readonly model: string;
}

/** Answers of one tenant by digest of all they depend on. It may forget at any time; it never mixes tenants. */
export interface TenantAnswerCache {
  get(digest: string): Promise<CachedAnswer | null>;
  set(digest: string, answer: CachedAnswer, ttlSeconds: number): Promise<void>;
}

/** The exact cache. */
export interface AnswerCache {
  forTenant(tenant: TenantId): TenantAnswerCache;
}
