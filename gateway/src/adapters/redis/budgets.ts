import type { BudgetAccount, Budgets, BudgetVerdict, TenantBudgets } from "../../ports/budgets.ts";
import type { TenantId } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";
import { BUDGETS_SCRIPT } from "./budgets-script.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";
import { OwedCalls } from "./owed-calls.ts";

/** Milliseconds that an account outlives its time: as long as something of it may be held. */
const AFTER = 900_000;

/** The script's answer: nothing, or what is the matter with which of the accounts. */
type Refusal = readonly [what: "exhausted" | "unknown", accounts: readonly number[]] | null;

/**
 * Budgets counted in Redis, by one script, for all instances. `reserve` and `open` reject with `RedisUnavailable`
 * while Redis is away; a `hold` or `settle` that falls into such a time resolves, and is done when Redis is back.
 *
 * @param options.clock absent, as it should be outside of tests, is Redis's own clock
 */
export function createRedisBudgets({ redis, clock }: { redis: RedisConnection; clock?: Clock }): Budgets {
  const owed = new OwedCalls(redis);

  const tenantBudgets = (tenant: TenantId): TenantBudgets => {
    const group = redisKeys.budgetHeld(tenant);
    const call = (
      operation: string,
      accounts: readonly BudgetAccount[],
      ...values: (string | number)[]
    ): Promise<unknown> => {
      const keys = [group, redisKeys.budgetEnds(tenant)];
      const named = accounts.map(({ name }) => redisKeys.budget(tenant, name));
      return redis.script(BUDGETS_SCRIPT, [...keys, ...named], [clock?.now() ?? "", operation, ...values]);
    };
    return {
      async reserve({ reservation, tokens, accounts }): Promise<BudgetVerdict> {
        await owed.settle(group);
        const limits = accounts.map(({ limit }) => limit);
        const all = accounts.map(({ name }) => name);
        const refusal = (await call("reserve", accounts, reservation, tokens, ...limits, ...all)) as Refusal;
        if (refusal === null) return { outcome: "reserved" };
        const names = refusal[1].map((index) => accounts[index]?.name ?? "");
        return refusal[0] === "unknown"
          ? { outcome: "unknown", accounts: names }
          : { outcome: "exhausted", account: names[0] ?? "" };
      },
      async hold({ reservation, tokens, accounts }, seconds) {
        const names = accounts.map(({ name }) => name);
        const now = () => call("hold", accounts, reservation, tokens, seconds * 1000, ...names);
        await owed.do({ group, name: reservation, now });
      },
      async open(account, used) {
        const life = Math.max(1, account.endsAt - (clock?.now() ?? Date.now()) + AFTER);
        await call("open", [account], used, Math.ceil(life));
      },
      async settle(reservation, tokens) {
        let names: readonly string[] = [];
        await owed.do({
          group,
          name: reservation,
          now: async () => {
            names = (await call("settle", [], reservation, tokens)) as string[];
          },
        });
        return names;
      },
    };
  };
  return { forTenant: (tenant) => tenantBudgets(tenant) };
}
