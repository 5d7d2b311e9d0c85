import { expect, test } from "@jest/globals";
import { createRedisAnswerCache } from "../../../src/adapters/redis/answer-cache.ts";
import { createRedisBudgets } from "../../../src/adapters/redis/budgets.ts";
import { createRedisConversationSummaries } from "../../../src/adapters/redis/conversation-summaries.ts";
import { createRedisLimiter } from "../../../src/adapters/redis/limiter.ts";
import { createRedisMessageLayer } from "../../../src/adapters/redis/message-layer.ts";
import { createRedisReplyJournal } from "../../../src/adapters/redis/reply-journal.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { turns } from "../message-layer/messages.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import type { TestRedis } from "../support/redis-server.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Everything that a user's turns leave in Redis. */
async function leaveTraces({ redis }: TestRedis, scope: Scope): Promise<void> {
  for (const conversation of ["one", "{two}:"]) {
    for (const bounds of [RECENT_LAYER, SESSION_LAYER]) {
      const layer = createRedisMessageLayer({ redis, bounds });
      const { revision } = await layer.read(scope, conversation);
      await layer.refill(scope, conversation, { messages: turns(1, 9), complete: true, revision });
      for (const message of turns(10, 12)) await layer.add(scope, conversation, message);
    }
    const summaries = createRedisConversationSummaries({ redis });
    const claim = (await summaries.claim(scope, conversation, 60)) ?? "";
    await summaries.write(scope, conversation, { position: 1, text: "text" }, claim);
    const limiter = createRedisLimiter({ redis });
    const limits = { messagesPerMinute: 5, messagesPerHour: 50, concurrentStreams: 5 };
    await limiter.admit({ ...scope, reservation: conversation, stream: conversation, limits });
    if (conversation === "one") await limiter.finish(scope, conversation);
    const journal = createRedisReplyJournal({ redis });
    await journal.append([{ ...scope, reply: conversation, epoch: 1, seq: 1, text: "text" }]);
  }
}

onEveryRedis((running) => {
  test.each(LOOKALIKES)("all that is kept of %j lies in one slot, and ends within a week", async (scope) => {
    await running().wipe();
    await leaveTraces(running(), scope);
    const keys = await running().keys();
    expect(keys).toHaveLength(14);
    expect(new Set(keys.map(({ slot }) => slot)).size).toBe(1);
    for (const { life } of keys) {
      expect(life).toBeGreaterThan(0);
      expect(life).toBeLessThanOrEqual(7 * DAY);
    }
  });

  test("what a tenant's users may do together, and what they used, lies in one slot", async () => {
    const { redis, wipe } = running();
    await wipe();
    const { tenant } = scopeOf("{tenant}:", "user");
    const limits = { messagesPerMinute: 5, messagesPerHour: 50, concurrentStreams: 5 };
    const limiter = createRedisLimiter({ redis });
    await limiter.admit({ tenant, user: null, reservation: "one", stream: "c", limits });
    const budgets = createRedisBudgets({ redis }).forTenant(tenant);
    const account = { name: "month", limit: 100, endsAt: Date.now() + DAY };
    await budgets.open(account, 0);
    await budgets.reserve({ reservation: "one", tokens: 5, accounts: [account] });
    const keys = await running().keys();
    expect(keys).toHaveLength(7);
    expect(new Set(keys.map(({ slot }) => slot)).size).toBe(1);
  });

  test("answers are kept for their time", async () => {
    await running().wipe();
    const { tenant, user } = scopeOf("{tenant}", "user");
    const cache = createRedisAnswerCache(running()).forTenant(tenant);
    await cache.set("digest", { content: "", model: "m" }, 60, user);
    const keys = await running().keys();
    expect(keys.map(({ life }) => Math.ceil(life / 1_000))).toEqual([60, 60]);
    expect(new Set(keys.map(({ slot }) => slot)).size).toBe(1);
  });
});
