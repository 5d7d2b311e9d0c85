import { expect, test } from "@jest/globals";
import { createRedisLimiter } from "../../../src/adapters/redis/limiter.ts";
import { manualClock } from "../support/manual-clock.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { scopeOf } from "../support/scopes.ts";
import { limiterSuite } from "./suite.ts";

const MINUTE = 60_000;
const limits = { messagesPerMinute: 20, messagesPerHour: 100, concurrentStreams: 2 };

onEveryRedis((running) => {
  limiterSuite(async ({ clock }) => {
    const { redis, wipe } = running();
    await wipe();
    return createRedisLimiter({ redis, clock });
  });

  test("of 200 at once on four instances exactly as many get in as one would let in, on Redis's clock", async () => {
    const { wipe, connect } = running();
    await wipe();
    const instances = await Promise.all(Array.from({ length: 4 }, connect));
    const limiters = instances.map((redis) => createRedisLimiter({ redis }));
    const scope = scopeOf("tenant", "user");
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        limiters[number % 4]?.admit({
          ...scope,
          reservation: `${number}`,
          conversation: "conversation",
          limits: { ...limits, messagesPerMinute: 7 },
        }),
      ),
    );
    expect(all.filter((admission) => admission?.admitted)).toHaveLength(7);
  });

  test("streams of a gateway that died are free after 15 minutes, and not before", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const scope = scopeOf("tenant", "user");
    const admit = (conversation: string) =>
      limiter.admit({ ...scope, reservation: conversation, conversation, limits });
    await admit("a");
    clock.advance(MINUTE);
    await admit("b");
    clock.advance(14 * MINUTE - 1);
    expect(await admit("c")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    clock.advance(1);
    expect(await admit("c")).toEqual({ admitted: true });
    expect(await admit("d")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    await limiter.finish(scope, "a");
    expect(await admit("d")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    await limiter.finish(scope, "b");
    expect(await admit("d")).toEqual({ admitted: true });
  });

  test("keys go once they say nothing any more, and not before", async () => {
    const { redis, wipe, pass, keys } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const scope = scopeOf("tenant", "user");
    const elapse = async (milliseconds: number): Promise<void> => {
      clock.advance(milliseconds);
      await pass(milliseconds);
    };
    const admit = (reservation: string) =>
      limiter.admit({ ...scope, reservation, conversation: "c", limits: { ...limits, messagesPerHour: 2 } });
    await admit("one");
    await admit("two");
    await elapse(29 * MINUTE);
    expect(await admit("three")).toMatchObject({ limit: "messagesPerHour", retryAfter: 60 });
    await elapse(MINUTE);
    expect(await admit("three")).toEqual({ admitted: true });
    await elapse(61 * MINUTE);
    expect(await keys()).toEqual([]);
  });

  test("a clock that is set back gives nothing twice", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const admitted = async (): Promise<number> => {
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, number) =>
          limiter.admit({
            ...scopeOf("tenant", "user"),
            reservation: `${clock.now()} ${number} ${Math.random()}`,
            conversation: "c",
            limits,
          }),
        ),
      );
      return all.filter(({ admitted: isIn }) => isIn).length;
    };
    expect(await admitted()).toBe(20);
    clock.advance(-MINUTE);
    expect(await admitted()).toBe(0);
    clock.advance(MINUTE);
    expect(await admitted()).toBe(0);
    clock.advance(MINUTE / 2);
    expect(await admitted()).toBe(10);
  });
});
