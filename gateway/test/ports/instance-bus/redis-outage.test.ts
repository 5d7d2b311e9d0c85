import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Cluster } from "ioredis";
import { connectRedis, type RedisConnection } from "../../../src/adapters/redis/connection.ts";
import { RedisUnavailable } from "../../../src/adapters/redis/errors.ts";
import { createRedisInstanceBus } from "../../../src/adapters/redis/instance-bus.ts";
import { redisKeys } from "../../../src/adapters/redis/keys.ts";
import type { InstanceBus } from "../../../src/ports/instance-bus.ts";
import { type CuttableProxy, cuttableProxy } from "../support/cuttable-proxy.ts";
import { measure } from "../support/lived-clock.ts";
import { type RedisProcess, startRedisProcess } from "../support/redis-process.ts";
import { startTestRedis } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { type Inbox, inbox } from "./inbox.ts";

describe("a bus while Redis is away", () => {
  let server: RedisProcess;
  let proxy: CuttableProxy;
  let redis: RedisConnection;
  let other: RedisConnection;
  let bus: InstanceBus;
  let their: InstanceBus;
  let mine: Inbox;
  const troubles: unknown[] = [];
  const failed = (error: unknown): void => void troubles.push(error);
  beforeEach(async () => {
    troubles.length = 0;
    server = await startRedisProcess();
    proxy = await cuttableProxy(server.port);
    redis = connectRedis(`redis://127.0.0.1:${proxy.port}`, () => undefined);
    other = connectRedis(`redis://127.0.0.1:${server.port}`, () => undefined);
    await Promise.all([redis.untilReady(5_000), other.untilReady(5_000)]);
    bus = createRedisInstanceBus({ redis, failed });
    their = createRedisInstanceBus({ redis: other, failed });
    mine = inbox();
    await bus.receive("mine", mine.take);
  });
  afterEach(async () => {
    await Promise.all([bus.close(), their.close()]);
    await Promise.all([redis.close(), other.close()]);
    await proxy.close();
    await server.stop();
  });

  /** Hears what others send again, having missed what they sent meanwhile. */
  const hearsAgain = async (): Promise<void> => {
    await their.send("mine", "after");
    await mine.count(2);
    expect(mine.heard).toEqual(["before", "after"]);
  };

  test("rejects at once, and once it is back says so when it can hear", async () => {
    await their.send("mine", "before");
    await mine.count(1);
    proxy.cut();
    const took = measure();
    await expect(bus.send("mine", "lost")).rejects.toBeInstanceOf(RedisUnavailable);
    await expect(bus.receive("more", () => undefined)).rejects.toBeInstanceOf(RedisUnavailable);
    expect(took()).toBeLessThan(300);
    await until(() => troubles.length > 0);
    await their.send("mine", "lost");
    let back = 0;
    bus.onBack(() => back++);
    proxy.mend();
    await until(() => back > 0);
    // The way to send may be back before the way to hear: each is told of.
    await until(() =>
      other.run(async (client) => ((await client.call("PUBSUB", "CHANNELS")) as string[]).length > 0),
    );
    await until(() => back > 1);
    await hearsAgain();
    await bus.receive("more", () => undefined);
    expect(troubles).toEqual([expect.any(RedisUnavailable)]);
  });

  test("notices a Redis that hangs", async () => {
    await their.send("mine", "before");
    await mine.count(1);
    let back = 0;
    bus.onBack(() => back++);
    server.pause();
    await until(() => troubles.length > 0);
    server.resume();
    await Promise.all([redis.untilReady(10_000), other.untilReady(10_000)]);
    await until(() =>
      other.run(async (client) => ((await client.call("PUBSUB", "CHANNELS")) as string[]).length > 0),
    );
    await until(() => back > 0);
    await hearsAgain();
  });

  test("stays closed once Redis is there again", async () => {
    proxy.cut();
    await until(() => troubles.length > 0);
    await bus.close();
    proxy.mend();
    await redis.untilReady(10_000);
    expect(await other.run((client) => client.call("PUBSUB", "CHANNELS"))).toEqual([]);
  });
});

test("in a cluster a bus follows its channel to another node", async () => {
  const running = await startTestRedis("a cluster");
  const { redis } = running;
  const bus = createRedisInstanceBus({ redis, failed: () => undefined });
  const { heard, take, count } = inbox();
  await bus.receive("moving", take);
  let back = 0;
  bus.onBack(() => back++);
  await redis.run(async (client) => {
    if (!(client instanceof Cluster)) throw new Error("this is no cluster");
    const slot = await client.cluster("KEYSLOT", redisKeys.channel("moving"));
    const masters = client.nodes("master");
    const names = await Promise.all(masters.map((node) => node.cluster("MYID")));
    const serving = client.slots[slot]?.[0];
    const target = masters.findIndex(({ options }) => `${options.host}:${options.port}` !== serving);
    // The new owner first, as whoever moves a slot does.
    await masters[target]?.call("CLUSTER", "SETSLOT", slot, "NODE", names[target] ?? "");
    await Promise.all(
      masters.map((node) => node.call("CLUSTER", "SETSLOT", slot, "NODE", names[target] ?? "")),
    );
  });
  await until(() => back > 0);
  await bus.send("moving", "followed");
  await count(1);
  expect(heard).toEqual(["followed"]);
  await bus.close();
  await running.stop();
});

test("a bus works through sentinels, with a password", async () => {
  const server = await startRedisProcess({ settings: ['requirepass "p@ss word"'] });
  const sentinel = await startRedisProcess({
    role: { sentinelOf: server.port },
    settings: ['sentinel auth-pass main "p@ss word"'],
  });
  const url = `redis+sentinel://:p%40ss%20word@127.0.0.1:${sentinel.port}/main/3`;
  const redis = connectRedis(url, () => undefined);
  await redis.untilReady(10_000);
  const bus = createRedisInstanceBus({ redis, failed: () => undefined });
  const { heard, take, count } = inbox();
  await bus.receive("mine", take);
  const back = Promise.withResolvers<void>();
  bus.onBack(back.resolve);
  await redis.run((client) => client.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await back.promise;
  await bus.send("mine", "text");
  await count(1);
  expect(heard).toEqual(["text"]);
  await bus.close();
  await redis.close();
  await sentinel.stop();
  await server.stop();
});
