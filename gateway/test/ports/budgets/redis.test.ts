import { expect, test } from "@jest/globals";
import { createRedisBudgets } from "../../../src/adapters/redis/budgets.ts";
import { manualClock } from "../support/manual-clock.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { scopeOf } from "../support/scopes.ts";
import { budgetsSuite } from "./suite.ts";

onEveryRedis((running) => {
  budgetsSuite(async () => {
    const { redis, wipe, pass } = running();
    await wipe();
    const clock = manualClock();
    return {
      budgets: createRedisBudgets({ redis, clock }),
      async pass(milliseconds) {
        clock.advance(milliseconds);
        await pass(milliseconds);
      },
    };
  });

  test("what nobody holds on is held for 10 seconds, and again where it is held on late", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const mine = createRedisBudgets({ redis, clock }).forTenant(scopeOf("acme", "user").tenant);
    const month = { name: "month", limit: 1_000, endsAt: clock.now() + 3_600_000 };
    const day = { ...month, name: "day", limit: 10_000 };
    const held = (reservation: string) => ({ reservation, tokens: 600, accounts: [month, day] });
    for (const account of [month, day]) await mine.open(account, 0);
    await mine.reserve(held("dead"));
    await mine.reserve(held("late"));
    clock.advance(9_999);
    expect(await mine.reserve(held("other"))).toEqual({ outcome: "exhausted", account: "month" });
    clock.advance(1);
    expect(await mine.reserve(held("other"))).toEqual({ outcome: "reserved" });
    await mine.hold({ reservation: "other", tokens: 0, accounts: [] }, 900);
    await mine.hold({ ...held("other") }, 10);
    await mine.hold({ ...held("late"), accounts: [month, { ...day, name: "nobody knows it" }] }, 900);
    await mine.hold({ reservation: "dead", tokens: 0, accounts: [] }, 900);
    clock.advance(60_000);
    expect(await mine.reserve(held("more"))).toEqual({ outcome: "exhausted", account: "month" });
    expect(await mine.settle("late", 300)).toEqual(["month"]);
    expect(await mine.settle("dead", 300)).toEqual([]);
    expect(await mine.settle("other", 300)).toEqual(["month", "day"]);
    expect(await mine.reserve({ ...held("more"), tokens: 400 })).toEqual({ outcome: "reserved" });
    expect(await mine.reserve(held("one too many"))).toEqual({ outcome: "exhausted", account: "month" });
  });
});
