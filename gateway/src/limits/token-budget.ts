import type { BudgetAccount, Budgets } from "../ports/budgets.ts";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { TenantId } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { SiteKeyDay, UsageStore } from "../ports/usage-store.ts";

/** Tries to reserve, where accounts are not known at first. */
const TRIES = 3;

/** What a turn is to be paid from. */
export interface TurnBudget {
  readonly tenant: TenantId;
  /** Tokens that the tenant may use in a month; null is no limit. */
  readonly tokensPerMonth: number | null;
  /** Of an anonymous visitor: the site key, whose visitors may use so many a day together. */
  readonly key: Pick<SiteKeyRecord, "id" | "dailyTokens"> | null;
}

/** A budget is used up: which, and when the next one begins, milliseconds since 1970. */
export interface Exhausted {
  readonly period: "month" | "day";
  readonly beginsAt: number;
}

/** Whether there are tokens left for a turn. */
export interface TokenBudget {
  /** Holds so many tokens, or says what is used up. */
  reserve(budget: TurnBudget, reservation: string, tokens: number): Promise<Exhausted | null>;
  /** Holds what was reserved for so many seconds from now, again where it was held no more. */
  hold(budget: TurnBudget, held: { reservation: string; tokens: number; seconds: number }): Promise<void>;
  /** The same for whoever knows of a turn no more than its name: what it holds no more is not held again. */
  holdOn(tenant: TenantId, reservation: string, seconds: number): Promise<void>;
  /** What the turn took in truth; 0 where it was not taken. Twice is once. */
  settle(tenant: TenantId, reservation: string, tokens: number): Promise<void>;
}

/**
 * Judges turns by a tenant's month and a site key's day, both of UTC. What was used of them before this store of
 * budgets knew of it comes from the usage that was booked, so that neither begins anew with a restart.
 */
export function createTokenBudget(options: {
  budgets: Budgets;
  usage: UsageStore;
  clock: Clock;
}): TokenBudget {
  const { budgets, usage, clock } = options;

  const usedOf = (tenant: TenantId, { name, period }: BudgetAccount & Exhausted): Promise<number> => {
    const day = siteKeyDayOf(name);
    if (period === "month" || day === null) return usedIn(tenant, name.slice("month ".length));
    return usage.forTenant(tenant).ofSiteKey(day);
  };

  const usedIn = async (tenant: TenantId, month: string): Promise<number> => {
    const rows = await usage.forTenant(tenant).read({ from: `${month}-01`, to: `${month}-31` });
    return rows.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  };

  return {
    async reserve(budget, reservation, tokens) {
      const { tenant } = budget;
      const accounts = accountsOf(budget, new Date(clock.now()));
      if (accounts.size === 0) return null;
      const mine = budgets.forTenant(tenant);
      for (let tries = 0; tries < TRIES; tries++) {
        const verdict = await mine.reserve({ reservation, tokens, accounts: [...accounts.values()] });
        if (verdict.outcome === "reserved") return null;
        if (verdict.outcome === "exhausted") {
          const { period, beginsAt } = accounts.get(verdict.account) ?? { period: "month", beginsAt: 0 };
          return { period, beginsAt };
        }
        for (const name of verdict.accounts) {
          const account = accounts.get(name);
          if (account === undefined) continue;
          await mine.open(account, await usedOf(tenant, account));
        }
      }
      throw new Error("a budget is forgotten as soon as it is known");
    },
    async hold(budget, { reservation, tokens, seconds }) {
      const accounts = [...accountsOf(budget, new Date(clock.now())).values()];
      if (accounts.length === 0) return;
      await budgets.forTenant(budget.tenant).hold({ reservation, tokens, accounts }, seconds);
    },
    holdOn: (tenant, reservation, seconds) =>
      budgets.forTenant(tenant).hold({ reservation, tokens: 0, accounts: [] }, seconds),
    async settle(tenant, reservation, tokens) {
      const accounts = await budgets.forTenant(tenant).settle(reservation, tokens);
      if (tokens === 0) return;
      for (const account of accounts) {
        const day = siteKeyDayOf(account);
        if (day !== null) await usage.forTenant(tenant).addOfSiteKey(day, tokens);
      }
    },
  };
}

/** What a turn is to be paid from at a time, by name. */
function accountsOf({ tokensPerMonth, key }: TurnBudget, now: Date): Map<string, BudgetAccount & Exhausted> {
  const accounts = new Map<string, BudgetAccount & Exhausted>();
  const add = (period: Exhausted["period"], name: string, limit: number, beginsAt: number): void => {
    accounts.set(name, { name, limit, endsAt: beginsAt, period, beginsAt });
  };
  if (tokensPerMonth !== null) {
    const month = now.toISOString().slice(0, 7);
    add("month", `month ${month}`, tokensPerMonth, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  }
  if (key !== null && key.dailyTokens !== null) {
    const tomorrow = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
    const day = now.toISOString().slice(0, 10);
    add("day", accountOf({ siteKey: key.id, day }), key.dailyTokens, tomorrow);
  }
  return accounts;
}

/** The account of a site key's day. */
function accountOf({ siteKey, day }: SiteKeyDay): string {
  return `day ${day} ${siteKey}`;
}

/** The site key and day that an account is of, or null where it is of something else. */
function siteKeyDayOf(account: string): SiteKeyDay | null {
  const [, day, siteKey] = /^day (\S+) (.+)$/su.exec(account) ?? [];
  return day === undefined || siteKey === undefined ? null : { day, siteKey };
}
