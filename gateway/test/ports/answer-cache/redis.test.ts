import { createRedisAnswerCache } from "../../../src/adapters/redis/answer-cache.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { answerCacheSuite } from "./suite.ts";

onEveryRedis((running) => {
  answerCacheSuite(async () => {
    const { redis, wipe, pass } = running();
    await wipe();
    return { cache: createRedisAnswerCache({ redis }), pass };
  });
});
