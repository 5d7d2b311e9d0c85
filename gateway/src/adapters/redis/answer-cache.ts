import type { AnswerCache, CachedAnswer } from "../../ports/answer-cache.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";

/** Answers in Redis, a string each with its own time to live. Rejects with `RedisUnavailable` while Redis is away. */
export function createRedisAnswerCache({ redis }: { redis: RedisConnection }): AnswerCache {
  return {
    forTenant: (tenant) => ({
      async get(digest) {
        const held = await redis.run((client) => client.get(redisKeys.answer(tenant, digest)));
        return held === null ? null : (JSON.parse(held) as CachedAnswer);
      },
      async set(digest, { content, model }, ttlSeconds) {
        const key = redisKeys.answer(tenant, digest);
        const life = Math.ceil(ttlSeconds * 1000);
        const value = JSON.stringify({ content, model });
        await redis.run<unknown>((client) =>
          life > 0 ? client.set(key, value, "PX", life) : client.del(key),
        );
      },
    }),
  };
}
