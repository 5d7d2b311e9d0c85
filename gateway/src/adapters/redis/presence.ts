import type { PresenceStore } from "../../ports/presence.ts";
import type { Scope } from "../../ports/scope.ts";
import { inBatches } from "./batches.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";
import { FIND, REGISTER, UNREGISTER } from "./presence-script.ts";

/**
 * Presence in Redis: a sorted set a user, of instances by when their leases run out on Redis's own clock. It goes
 * with the last lease. Rejects with `RedisUnavailable` while Redis is away; a renewal that failed may be done in part.
 */
export function createRedisPresenceStore({ redis }: { redis: RedisConnection }): PresenceStore {
  const register = (scope: Scope, instance: string, seconds: number): Promise<unknown> =>
    redis.script(REGISTER, [redisKeys.presence(scope)], [instance, Math.ceil(seconds * 1000)]);

  return {
    async register(scope, instance, seconds) {
      await register(scope, instance, seconds);
    },
    async renew(scopes, instance, seconds) {
      await inBatches(redis, scopes, (scope) => register(scope, instance, seconds));
    },
    async unregister(scope, instance) {
      await redis.script(UNREGISTER, [redisKeys.presence(scope)], [instance]);
    },
    async instancesOf(scope) {
      return (await redis.script(FIND, [redisKeys.presence(scope)], [])) as string[];
    },
  };
}
