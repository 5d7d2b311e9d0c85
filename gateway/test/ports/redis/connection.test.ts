import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connectRedis, type RedisConnection } from "../../../src/adapters/redis/connection.ts";
import { RedisUnavailable } from "../../../src/adapters/redis/errors.ts";
import { redisScript } from "../../../src/adapters/redis/script.ts";
import { measure } from "../support/lived-clock.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { type RedisProcess, startRedisProcess } from "../support/redis-process.ts";

const ECHO = redisScript("return { KEYS[1], ARGV[1] }");
const FAULTY = redisScript("return redis.call('LPUSH', KEYS[1])");
const ignore = (): void => undefined;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => null,
    (error: unknown) => error,
  );
}

onEveryRedis((running) => {
  test("scripts run, whether Redis knows them or not", async () => {
    const { redis, forgetScripts } = running();
    for (let round = 0; round < 2; round++) {
      for (let again = 0; again < 2; again++) {
        expect(await redis.script(ECHO, ["{key}"], [round])).toEqual(["{key}", `${round}`]);
      }
      await forgetScripts();
    }
  });

  test("what Redis refuses is no outage", async () => {
    const { redis } = running();
    const error = await failure(redis.script(FAULTY, ["{key}"], []));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(RedisUnavailable);
    await redis.run((client) => client.set("{key}", "text", "PX", 1_000));
    expect(await failure(redis.run((client) => client.lrange("{key}", 0, -1)))).toMatchObject({
      message: expect.stringMatching(/^WRONGTYPE/u),
    });
  });

  test("what was answered while this process stood still is heard, however long that was", async () => {
    const { redis } = running();
    await redis.run((client) => client.set("{key}", "text", "PX", 10_000));
    const answer = redis.run((client) => client.get("{key}"));
    const end = performance.now() + 1_200;
    while (performance.now() < end);
    expect(await answer).toBe("text");
  });

  test("closing lets what was sent be answered, and once is enough", async () => {
    const redis = await running().connect();
    const written = redis.run((client) => client.set("{key}", "last words", "PX", 10_000));
    await Promise.all([redis.close(), redis.close()]);
    expect(await written).toBe("OK");
    expect(await failure(redis.script(ECHO, ["{key}"], [""]))).toBeInstanceOf(RedisUnavailable);
  });
});

describe("a connection to nobody", () => {
  test.each([
    "redis://127.0.0.1:1",
    "redis+cluster://127.0.0.1:1,127.0.0.1:2",
    "redis+sentinel://127.0.0.1:1/main",
  ])("to %s rejects at once, says why once, and closes", async (url) => {
    const said: string[] = [];
    const redis = connectRedis(url, ({ message }) => said.push(message));
    const took = measure();
    expect(await failure(redis.script(ECHO, ["key"], [""]))).toBeInstanceOf(RedisUnavailable);
    expect(took()).toBeLessThan(300);
    expect(await failure(redis.untilReady(600))).toBeInstanceOf(RedisUnavailable);
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said).size).toBe(said.length);
    await redis.close();
  });
});

describe("a server with a password, found by a sentinel", () => {
  const PASSWORD = "p@ss:/?#%word";
  let server: RedisProcess;
  let sentinel: RedisProcess;
  let redis: RedisConnection | undefined;
  beforeAll(async () => {
    server = await startRedisProcess({ settings: [`requirepass "${PASSWORD}"`] });
    sentinel = await startRedisProcess({
      role: { sentinelOf: server.port },
      settings: [`sentinel auth-pass main "${PASSWORD}"`],
    });
  });
  afterAll(async () => {
    await redis?.close();
    await Promise.all([sentinel.stop(), server.stop()]);
  });

  test("is reached by either URL, and a database is one of many", async () => {
    const password = encodeURIComponent(PASSWORD);
    const direct = connectRedis(`redis://:${password}@127.0.0.1:${server.port}/3`, ignore);
    redis = connectRedis(`redis+sentinel://:${password}@127.0.0.1:${sentinel.port}/main/3`, ignore);
    await Promise.all([direct.untilReady(5_000), redis.untilReady(5_000)]);
    await redis.run((client) => client.set("key", "value", "PX", 10_000));
    expect(await direct.run((client) => client.get("key"))).toBe("value");
    await direct.close();
    const other = connectRedis(`redis://:${password}@127.0.0.1:${server.port}/4`, ignore);
    await other.untilReady(5_000);
    expect(await other.run((client) => client.get("key"))).toBeNull();
    await other.close();
  });

  test("a wrong password is told, and is an outage", async () => {
    const said: string[] = [];
    const wrong = connectRedis(`redis://:wrong@127.0.0.1:${server.port}`, ({ message }) =>
      said.push(message),
    );
    expect(await failure(wrong.untilReady(300))).toBeInstanceOf(RedisUnavailable);
    expect(said.join()).toMatch(/WRONGPASS/u);
    await wrong.close();
  });
});
