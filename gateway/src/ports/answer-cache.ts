import type { TenantId, UserId } from "./scope.ts";

/** Seconds after an erasure for which nothing of that user is kept: what was on its way has come by then. */
export const ERASED_SECONDS = 600;

/** An answer worth giving again. */
export interface CachedAnswer {
  readonly content: string;
  readonly model: string;
}

/** Answers of one tenant by digest of all they depend on. It may forget at any time; it never mixes tenants. */
export interface TenantAnswerCache {
  get(digest: string): Promise<CachedAnswer | null>;
  /** @param asker whose question it answered: an erasure of that user takes it along */
  set(digest: string, answer: CachedAnswer, ttlSeconds: number, asker: UserId): Promise<void>;
  /** Forgets answers to a user's questions, and keeps none for {@link ERASED_SECONDS}. @returns how many there were */
  eraseUser(asker: UserId): Promise<number>;
}

/** The exact cache. */
export interface AnswerCache {
  forTenant(tenant: TenantId): TenantAnswerCache;
}
