import { expect, test } from "@jest/globals";
import { createRedisInstanceDirectory } from "../../../src/adapters/redis/instance-directory.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { until } from "../support/until.ts";
import { instanceDirectorySuite } from "./suite.ts";

onEveryRedis((running) => {
  instanceDirectorySuite(async () => {
    await running().wipe();
    return {
      here: createRedisInstanceDirectory(running()),
      there: createRedisInstanceDirectory({ redis: await running().connect() }),
    };
  });

  test("what is kept lives as long as the longest lease, and goes with it", async () => {
    await running().wipe();
    const directory = createRedisInstanceDirectory(running());
    await directory.beat({ id: "long", draining: false }, 90);
    await directory.beat({ id: "short", draining: false }, 30);
    await directory.agree("name", "value", 60);
    const seconds = async (): Promise<number[]> =>
      (await running().keys()).map(({ life }) => Math.ceil(life / 1_000)).sort();
    expect(await seconds()).toEqual([60, 90]);
    await directory.leave("long");
    await directory.beat({ id: "short", draining: false }, 0.2);
    await until(async () => (await seconds()).join() === "60");
  });
});
