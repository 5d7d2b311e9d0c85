import type { InstanceDirectory, LiveInstance } from "../../ports/instance-directory.ts";
import type { RedisConnection } from "./connection.ts";
import { AGREE, ALIVE, BEAT } from "./instance-directory-script.ts";
import { redisKeys } from "./keys.ts";

/**
 * The directory in Redis, by its own clock: one hash of all instances, and a string for each thing to agree on.
 * Rejects with `RedisUnavailable` while Redis is away.
 */
export function createRedisInstanceDirectory({ redis }: { redis: RedisConnection }): InstanceDirectory {
  return {
    async beat({ id, draining }, seconds) {
      const values = [id, Math.ceil(seconds * 1000), draining ? 1 : 0];
      return (await redis.script(BEAT, [redisKeys.instances], values)) === 1;
    },
    async leave(instance) {
      await redis.run((client) => client.hdel(redisKeys.instances, instance));
    },
    async alive() {
      const answer = (await redis.script(ALIVE, [redisKeys.instances], [])) as string[];
      const alive: LiveInstance[] = [];
      for (let at = 0; at + 1 < answer.length; at += 2) {
        alive.push({ id: answer[at] ?? "", draining: answer[at + 1] === "1" });
      }
      return alive;
    },
    async agree(name, value, seconds) {
      const values = [value, Math.ceil(seconds * 1000)];
      return (await redis.script(AGREE, [redisKeys.agreement(name)], values)) as string;
    },
  };
}
