import { createRedisAddressLimiter } from "../../../src/adapters/redis/address-limiter.ts";
import { manualClock } from "../support/manual-clock.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { addressLimiterSuite } from "./suite.ts";

onEveryRedis((running) => {
  addressLimiterSuite(async () => {
    const { redis, wipe, pass } = running();
    await wipe();
    const clock = manualClock();
    return {
      limiter: createRedisAddressLimiter({ redis, clock }),
      async pass(milliseconds) {
        clock.advance(milliseconds);
        await pass(milliseconds);
      },
    };
  });
});
