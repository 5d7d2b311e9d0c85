import type { TenantId } from "./scope.ts";

/** What replies of one model took on one day. */
export interface UsageCounts {
  /** Replies that ended. */
  readonly messages: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of `inputTokens`: those read from the provider's cache. */
  readonly cachedInputTokens: number;
  /** USD, at the prices of that moment. */
  readonly cost: number;
  /** Replies that came from an answer cache. */
  readonly cacheHits: number;
  /** Input and output of attempts that were lost with the instance that made them: by estimate, and in no other count. */
  readonly wastedTokens: number;
  /** USD, of those. */
  readonly wastedCost: number;
}

/** Counts of nothing. */
export const NOTHING_USED: UsageCounts = {
  messages: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cost: 0,
  cacheHits: 0,
  wastedTokens: 0,
  wastedCost: 0,
};

/** The counts of one model on one day. */
export interface UsageRow extends UsageCounts {
  /** `2026-11-24`, UTC. */
  readonly day: string;
  readonly model: string;
}

/** A site key and a day, UTC: `2026-11-24`. */
export interface SiteKeyDay {
  /** The key's id. */
  readonly siteKey: string;
  readonly day: string;
}

/** What one tenant used: numbers only, which outlive what they were counted from. */
export interface TenantUsage {
  /** Adds to the row of that day and model. Two calls add twice. Durable when it resolves. */
  add(row: UsageRow): Promise<void>;
  /** Rows from a day up to another, both included, by day, then model. */
  read(range: { from: string; to: string }): Promise<readonly UsageRow[]>;
  /** Adds tokens that visitors of a site key used on a day. Two calls add twice. Durable when it resolves. */
  addOfSiteKey(of: SiteKeyDay, tokens: number): Promise<void>;
  /** Tokens that were added so; 0 where none were. */
  ofSiteKey(of: SiteKeyDay): Promise<number>;
}

/** Usage, a tenant each. */
export interface UsageStore {
  forTenant(tenant: TenantId): TenantUsage;
}
