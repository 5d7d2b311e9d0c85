import { expect, test } from "@jest/globals";
import { createRedisConversationLeases } from "../../../src/adapters/redis/conversation-leases.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { scopeOf } from "../support/scopes.ts";
import { conversationLeasesSuite } from "./suite.ts";

const WEEK = 7 * 24 * 60 * 60 * 1000;

onEveryRedis((running) => {
  conversationLeasesSuite(async () => ({
    here: createRedisConversationLeases(running()),
    there: createRedisConversationLeases({ redis: await running().connect() }),
  }));

  const scope = scopeOf("tenant", "user");
  const taken = { seconds: 8, above: 0 };

  test("an epoch is remembered for a week after its lease was used last, both in one slot", async () => {
    await running().wipe();
    const leases = createRedisConversationLeases(running());
    await leases.acquire(scope, "c", "mine", taken);
    const keys = [...(await running().keys())].sort((one, other) => one.life - other.life);
    expect(keys.map(({ life }) => Math.ceil(life / 1_000))).toEqual([8, WEEK / 1_000]);
    expect(new Set(keys.map(({ slot }) => slot)).size).toBe(1);
    await running().pass(WEEK - 60_000);
    expect(await leases.acquire(scope, "c", "mine", taken)).toEqual({ instance: "mine", epoch: 2 });
    await running().pass(WEEK - 60_000);
    await leases.renew([{ scope, conversation: "c", epoch: 2 }], "mine", 8);
    await leases.release({ scope, conversation: "c", epoch: 2 }, "mine");
    await running().pass(WEEK - 60_000);
    expect(await leases.acquire(scope, "c", "mine", taken)).toEqual({ instance: "mine", epoch: 3 });
    await running().pass(WEEK);
    expect(await leases.acquire(scope, "c", "mine", taken)).toEqual({ instance: "mine", epoch: 1 });
  });

  test("a Redis that has forgotten all gives the lease to the first that asks, above what it knows", async () => {
    await running().wipe();
    const leases = createRedisConversationLeases(running());
    const held = await leases.acquire(scope, "c", "mine", { seconds: 8, above: 4 });
    const lease = { scope, conversation: "c", epoch: held.epoch };
    await running().wipe();
    await running().forgetScripts();
    expect(await leases.renew([lease], "mine", 8)).toEqual([true]);
    expect(await leases.ownerOf(scope, "c")).toEqual({ instance: "mine", epoch: 5 });
    await running().wipe();
    expect(await leases.acquire(scope, "c", "other", { seconds: 8, above: 5 })).toEqual({
      instance: "other",
      epoch: 6,
    });
    expect(await leases.renew([lease], "mine", 8)).toEqual([false]);
  });
});
