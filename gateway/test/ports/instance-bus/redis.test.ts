import { describe, expect, test } from "@jest/globals";
import { Cluster } from "ioredis";
import type { RedisClient } from "../../../src/adapters/redis/client.ts";
import { createRedisInstanceBus } from "../../../src/adapters/redis/instance-bus.ts";
import { redisKeys } from "../../../src/adapters/redis/keys.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { until } from "../support/until.ts";
import { inbox } from "./inbox.ts";
import { instanceBusSuite } from "./suite.ts";

const failed = (error: unknown): void => {
  throw error;
};
const serversOf = (client: RedisClient) => (client instanceof Cluster ? client.nodes("master") : [client]);

onEveryRedis((running) => {
  instanceBusSuite(async () => createRedisInstanceBus({ redis: await running().connect(), failed }));

  const subscribed = (instance: string): Promise<boolean> =>
    running().redis.run(async (client) => {
      const command = client instanceof Cluster ? "SHARDCHANNELS" : "CHANNELS";
      const channels = serversOf(client).map((server) => server.call("PUBSUB", command));
      return (await Promise.all(channels)).flat().includes(redisKeys.channel(instance));
    });

  describe("a bus over pub/sub", () => {
    test("leaves no subscription behind", async () => {
      const bus = createRedisInstanceBus({ redis: running().redis, failed });
      await bus.receive("leaving", () => undefined);
      expect(await subscribed("leaving")).toBe(true);
      await bus.close();
      await until(async () => !(await subscribed("leaving")));
    });

    test("subscribes again where its connection was cut, and then says so", async () => {
      const { redis } = running();
      const bus = createRedisInstanceBus({ redis, failed });
      const { heard, take, count } = inbox();
      await bus.receive("cut", take);
      for (let round = 1; round <= 3; round++) {
        const back = Promise.withResolvers<void>();
        const stop = bus.onBack(back.resolve);
        await redis.run((client) =>
          Promise.all(serversOf(client).map((server) => server.client("KILL", "TYPE", "pubsub"))),
        );
        await back.promise;
        stop();
        await bus.send("cut", `after cut ${round}`);
        await count(round);
      }
      expect(heard).toEqual(["after cut 1", "after cut 2", "after cut 3"]);
      await bus.close();
    });

    test("closed while its connection is away, stays closed", async () => {
      const { redis } = running();
      const bus = createRedisInstanceBus({ redis, failed });
      await bus.receive("away", () => undefined);
      await redis.run((client) =>
        Promise.all(serversOf(client).map((server) => server.client("KILL", "TYPE", "pubsub"))),
      );
      await bus.close();
      expect(await subscribed("away")).toBe(false);
    });
  });
});
