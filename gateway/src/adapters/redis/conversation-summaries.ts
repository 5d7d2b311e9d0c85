import { randomUUID } from "node:crypto";
import type { ConversationSummaries, ConversationSummary } from "../../ports/conversation-summaries.ts";
import { SUMMARY_SECONDS } from "../../ports/conversation-summaries.ts";
import type { RedisConnection } from "./connection.ts";
import { deleteKeys } from "./delete-keys.ts";
import { redisKeys } from "./keys.ts";
import { OwedCalls } from "./owed-calls.ts";
import { redisScript } from "./script.ts";

/** A summary is `<position> <text>`. Arguments: claim, position, text, milliseconds to live. */
const WRITE = redisScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return end
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%S+')) >= tonumber(ARGV[2]) then return end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
`);

const UNCLAIM = redisScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`);

/**
 * Summaries in Redis, a string each, and a claim beside it that ends by itself.
 *
 * All but `drop` rejects with `RedisUnavailable` while Redis is away. A `drop` that falls into such a time
 * resolves, and is done before this process reads that summary again, and when Redis is back.
 */
export function createRedisConversationSummaries({
  redis,
}: {
  redis: RedisConnection;
}): ConversationSummaries {
  const owed = new OwedCalls(redis);

  return {
    async read(scope, conversation) {
      const key = redisKeys.summary(scope, conversation);
      await owed.settle(key);
      const held = await redis.run((client) => client.get(key));
      return held === null ? null : summaryOf(held);
    },
    async write(scope, conversation, { text, position }, claim) {
      const key = redisKeys.summary(scope, conversation);
      await owed.settle(key);
      const keys = [key, redisKeys.summaryClaim(scope, conversation)];
      await redis.script(WRITE, keys, [claim, position, text, SUMMARY_SECONDS * 1000]);
    },
    async drop(scope, conversation) {
      const key = redisKeys.summary(scope, conversation);
      const claim = redisKeys.summaryClaim(scope, conversation);
      const now = () => redis.run((client) => client.del(key, claim));
      await owed.do({ group: key, name: "drop", now });
    },
    async claim(scope, conversation, seconds) {
      await owed.settle(redisKeys.summary(scope, conversation));
      const key = redisKeys.summaryClaim(scope, conversation);
      const name = randomUUID();
      const taken = await redis.run((client) => client.set(key, name, "PX", seconds * 1000, "NX"));
      return taken === null ? null : name;
    },
    async unclaim(scope, conversation, claim) {
      await redis.script(UNCLAIM, [redisKeys.summaryClaim(scope, conversation)], [claim]);
    },
    async eraseUser(scope, conversations) {
      const summaries = conversations.map((conversation) => redisKeys.summary(scope, conversation));
      for (const key of summaries) await owed.settle(key);
      await deleteKeys(
        redis,
        conversations.map((conversation) => redisKeys.summaryClaim(scope, conversation)),
      );
      return deleteKeys(redis, summaries);
    },
  };
}

function summaryOf(held: string): ConversationSummary {
  const space = held.indexOf(" ");
  return { position: Number(held.slice(0, space)), text: held.slice(space + 1) };
}
