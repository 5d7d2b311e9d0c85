import { createRedisConversationSummaries } from "../../../src/adapters/redis/conversation-summaries.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { conversationSummariesSuite } from "./suite.ts";

onEveryRedis((running) => {
  conversationSummariesSuite(async () => {
    const { redis, pass } = running();
    return { summaries: createRedisConversationSummaries({ redis }), pass };
  });
});
