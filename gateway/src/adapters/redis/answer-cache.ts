import { type AnswerCache, type CachedAnswer, ERASED_SECONDS } from "../../ports/answer-cache.ts";
import type { RedisConnection } from "./connection.ts";
import { deleteKeys } from "./delete-keys.ts";
import { redisKeys } from "./keys.ts";
import { redisScript } from "./script.ts";

/**
 * Keys: the answer, the digests of its asker. Arguments: the answer, its digest, milliseconds to live. A digest is
 * remembered for as long as its answer is.
 */
const SET = redisScript(`
local life = tonumber(ARGV[3])
if life <= 0 or redis.call('TYPE', KEYS[2]).ok == 'string' then
  redis.call('DEL', KEYS[1])
  return
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], ARGV[1], 'PX', life)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], string.format('%.0f', now + life), ARGV[2])
redis.call('PEXPIRE', KEYS[2], math.max(life, redis.call('PTTL', KEYS[2])))
`);

/** Key: an asker's digests. Argument: milliseconds for which none is kept. Answers the digests there were. */
const ERASE = redisScript(`
local digests = {}
if redis.call('TYPE', KEYS[1]).ok == 'zset' then digests = redis.call('ZRANGE', KEYS[1], 0, -1) end
redis.call('SET', KEYS[1], 'erased', 'PX', ARGV[1])
return digests
`);

/** Answers in Redis, a string each with its own time to live. Rejects with `RedisUnavailable` while Redis is away. */
export function createRedisAnswerCache({ redis }: { redis: RedisConnection }): AnswerCache {
  return {
    forTenant: (tenant) => ({
      async get(digest) {
        const held = await redis.run((client) => client.get(redisKeys.answer(tenant, digest)));
        return held === null ? null : (JSON.parse(held) as CachedAnswer);
      },
      async set(digest, { content, model }, ttlSeconds, asker) {
        const keys = [redisKeys.answer(tenant, digest), redisKeys.answersTo(tenant, asker)];
        const life = Math.ceil(ttlSeconds * 1000);
        await redis.script(SET, keys, [JSON.stringify({ content, model }), digest, life]);
      },
      async eraseUser(asker) {
        const key = redisKeys.answersTo(tenant, asker);
        const digests = (await redis.script(ERASE, [key], [ERASED_SECONDS * 1000])) as string[];
        return deleteKeys(
          redis,
          digests.map((digest) => redisKeys.answer(tenant, digest)),
        );
      },
    }),
  };
}
