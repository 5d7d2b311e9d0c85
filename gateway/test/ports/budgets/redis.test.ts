import { createRedisBudgets } from "../../../src/adapters/redis/budgets.ts";
import { manualClock } from "../support/manual-clock.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
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
});
