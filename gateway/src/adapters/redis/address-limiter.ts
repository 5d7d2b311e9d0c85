import type { AddressLimiter, Attempt, AttemptVerdict } from "../../ports/address-limiter.ts";
import type { Clock } from "../../ports/system.ts";
import { ADDRESS_LIMITER_SCRIPT } from "./address-limiter-script.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";

/** Seconds to wait where nothing is ever admitted, for want of a true answer. */
const NEVER = 60;

/**
 * Counts in Redis, for all instances. Rejects with `RedisUnavailable` while Redis is away.
 *
 * @param options.clock absent, as it should be outside of tests, is Redis's own clock
 */
export function createRedisAddressLimiter(options: {
  redis: RedisConnection;
  clock?: Clock;
}): AddressLimiter {
  const { redis, clock } = options;
  const judge = async ({ gate, subject, perMinute }: Attempt, counts: boolean): Promise<AttemptVerdict> => {
    if (perMinute <= 0) return { admitted: false, retryAfter: NEVER };
    const values = [clock?.now() ?? "", perMinute, counts ? 1 : 0];
    const wait = Number(await redis.script(ADDRESS_LIMITER_SCRIPT, [redisKeys.gate(gate, subject)], values));
    return wait === 0 ? { admitted: true } : { admitted: false, retryAfter: wait };
  };
  return {
    take: (attempt) => judge(attempt, true),
    look: (attempt) => judge(attempt, false),
    async once(name, seconds) {
      const key = redisKeys.usedUp(name);
      const life = Math.ceil(seconds * 1000);
      return (await redis.run((client) => client.set(key, "", "PX", life, "NX"))) === "OK";
    },
  };
}
