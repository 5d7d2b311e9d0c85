import type { TurnLimits } from "../ports/limiter.ts";
import type { LimitName, TenantCeilings, TenantRecord, Tier } from "../ports/registry-store.ts";

/** What a tier allows each user of a tenant, and the tenant in a month; null is no limit. Source: requirement R24. */
export const TIERS: Readonly<Record<Tier, TurnLimits & { readonly tokensPerMonth: number | null }>> = {
  free: { messagesPerMinute: 10, messagesPerHour: 100, concurrentStreams: 1, tokensPerMonth: 100_000 },
  professional: {
    messagesPerMinute: 30,
    messagesPerHour: 500,
    concurrentStreams: 3,
    tokensPerMonth: 1_000_000,
  },
  enterprise: {
    messagesPerMinute: 60,
    messagesPerHour: 2_000,
    concurrentStreams: 10,
    tokensPerMonth: 10_000_000,
  },
  unlimited: { messagesPerMinute: 120, messagesPerHour: null, concurrentStreams: 25, tokensPerMonth: null },
};

/** The limits that hold for each user of a tenant: the tier's, where the tenant's own do not say otherwise. */
export function userLimits(tenant: TenantRecord): TurnLimits {
  const tier = TIERS[tenant.tier];
  const { messagesPerMinute, messagesPerHour, concurrentStreams } = tenant.limits;
  return {
    messagesPerMinute: messagesPerMinute === undefined ? tier.messagesPerMinute : messagesPerMinute,
    messagesPerHour: messagesPerHour === undefined ? tier.messagesPerHour : messagesPerHour,
    concurrentStreams: concurrentStreams === undefined ? tier.concurrentStreams : concurrentStreams,
  };
}

/** Every limit that holds, filled in from the tier; null is none. */
export type EffectiveLimits = Record<LimitName, number | null> & {
  readonly tenant: Required<TenantCeilings>;
};

const NO_CEILINGS = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };

/** The limits that hold for a tenant: the tier's, where the tenant's own do not say otherwise. */
export function effectiveLimits(record: TenantRecord): EffectiveLimits {
  const { tenant, ...own } = record.limits;
  return { ...TIERS[record.tier], ...own, tenant: { ...NO_CEILINGS, ...tenant } };
}

/** The most that one user of a tenant can have: their own limit, or the ceiling over all users where that is lower. */
export function attainableLimits(record: TenantRecord): TurnLimits {
  const own = userLimits(record);
  const { tenant: ceilings } = effectiveLimits(record);
  return {
    messagesPerMinute: lower(own.messagesPerMinute, ceilings.messagesPerMinute),
    messagesPerHour: lower(own.messagesPerHour, ceilings.messagesPerHour),
    concurrentStreams: lower(own.concurrentStreams, ceilings.concurrentStreams),
  };
}

function lower(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
