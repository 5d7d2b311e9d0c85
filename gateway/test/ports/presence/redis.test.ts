import { expect, test } from "@jest/globals";
import { createRedisPresenceStore } from "../../../src/adapters/redis/presence.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { freshScope, scopeOf } from "../support/scopes.ts";
import { presenceSuite } from "./suite.ts";

onEveryRedis((running) => {
  presenceSuite(async () => ({ presence: createRedisPresenceStore(running()) }));

  test("a user's key lives as long as the longest lease", async () => {
    await running().wipe();
    const presence = createRedisPresenceStore(running());
    const scope = scopeOf("tenant", "user");
    const seconds = async (): Promise<number[]> =>
      (await running().keys()).map(({ life }) => Math.ceil(life / 1_000));
    await presence.register(scope, "one", 30);
    await presence.register(scope, "two", 90);
    await presence.register(scope, "three", 60);
    expect(await seconds()).toEqual([90]);
    await presence.unregister(scope, "two");
    expect(await seconds()).toEqual([60]);
    await presence.unregister(scope, "one");
    await presence.unregister(scope, "three");
    expect(await seconds()).toEqual([]);
  });

  test("an instance that dies with 5,000 users leaves nothing", async () => {
    await running().wipe();
    const presence = createRedisPresenceStore(running());
    const scope = scopeOf("tenant", "user");
    const users = Array.from({ length: 5_000 }, () => freshScope(scope));
    await presence.renew(users, "dies", 60);
    expect(await running().keys()).toHaveLength(users.length);
    await running().pass(60_000);
    expect(await running().keys()).toEqual([]);
  });

  test("leases are counted by Redis's clock, by whichever instance asks", async () => {
    const other = createRedisPresenceStore({ redis: await running().connect() });
    const mine = createRedisPresenceStore(running());
    const scope = freshScope(scopeOf("tenant", "user"));
    await mine.register(scope, "mine", 600);
    await other.register(scope, "other", 600);
    expect([...(await mine.instancesOf(scope))].sort()).toEqual(["mine", "other"]);
    expect([...(await other.instancesOf(scope))].sort()).toEqual(["mine", "other"]);
  });
});
