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

  test.each([
    { whose: "a user's", party: scopeOf("tenant", "user") },
    { whose: "a tenant's", party: { tenant: scopeOf("tenant", "user").tenant, user: null } },
  ])(
    "of 200 at once on four instances exactly as many get in as $whose limits say, on Redis's clock",
    async ({ party }) => {
      const { wipe, connect } = running();
      await wipe();
      const instances = await Promise.all(Array.from({ length: 4 }, connect));
      const limiters = instances.map((redis) => createRedisLimiter({ redis }));
      const race = async (wanted: (number: number) => object): Promise<number> => {
        const all = await Promise.all(
          Array.from({ length: 200 }, (_, number) =>
            limiters[number % 4]?.admit({
              ...party,
              reservation: `${number}`,
              stream: "conversation",
              limits: { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null },
              ...wanted(number),
            }),
          ),
        );
        return all.filter((admission) => admission?.admitted).length;
      };
      expect(await race(() => ({ limits: { ...limits, messagesPerMinute: 7 } }))).toBe(7);
      await limiters[0]?.erase(party);
      expect(
        await race((number) => ({ stream: `${number}`, limits: { ...limits, concurrentStreams: 5 } })),
      ).toBe(5);
    },
  );

  test("streams of a gateway that died are free after the time for which they are held, and not before", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const scope = scopeOf("tenant", "user");
    const admit = (stream: string) => limiter.admit({ ...scope, reservation: stream, stream, limits });
    const take = async (stream: string): Promise<void> => {
      await admit(stream);
      await limiter.hold({ ...scope, reservation: stream, stream, seconds: 900 });
    };
    await take("a");
    clock.advance(MINUTE);
    await take("b");
    clock.advance(14 * MINUTE - 1);
    expect(await admit("c")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    clock.advance(1);
    await take("c");
    expect(await admit("d")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    await limiter.finish(scope, "a");
    expect(await admit("d")).toMatchObject({ admitted: false, limit: "concurrentStreams" });
    await limiter.finish(scope, "b");
    expect(await admit("d")).toEqual({ admitted: true });
  });

  test("a stream that nobody holds on counts for 10 seconds, and again where it is held on late", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const scope = scopeOf("tenant", "user");
    const admit = (stream: string) => limiter.admit({ ...scope, reservation: stream, stream, limits });
    const hold = (stream: string, seconds: number) =>
      limiter.hold({ ...scope, reservation: stream, stream, seconds });
    const full = { admitted: false, limit: "concurrentStreams" };
    await admit("dead");
    await admit("late");
    clock.advance(9_999);
    expect(await admit("other")).toMatchObject(full);
    clock.advance(1);
    expect(await admit("other")).toEqual({ admitted: true });
    await hold("other", 100);
    await hold("other", 10);
    await hold("late", 900);
    clock.advance(MINUTE);
    expect(await admit("more")).toMatchObject(full);
    await limiter.finish(scope, "other");
    expect(await admit("more")).toEqual({ admitted: true });
    await limiter.release(scope, "more");
    await limiter.finish(scope, "late");
    expect(await admit("one")).toEqual({ admitted: true });
    expect(await admit("two")).toEqual({ admitted: true });
    expect(await admit("three")).toMatchObject(full);
  });

  test("says which reservations are held on for long, and of none that has finished or is given back", async () => {
    const { redis, wipe } = running();
    await wipe();
    const clock = manualClock();
    const limiter = createRedisLimiter({ redis, clock });
    const scope = scopeOf("tenant", "user");
    const none = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };
    for (const reservation of ["asked", "taken", "finished", "released", "short"])
      await limiter.admit({ ...scope, reservation, stream: reservation, limits: none });
    for (const reservation of ["taken", "finished", "released", "short"]) {
      const seconds = reservation === "short" ? 10 : 900;
      await limiter.hold({ ...scope, reservation, stream: reservation, seconds });
    }
    await limiter.finish(scope, "finished");
    await limiter.release(scope, "released");
    expect(await limiter.heldBeyond(scope, 10)).toEqual(["taken"]);
    expect(await limiter.heldBeyond(scopeOf("tenant", "another"), 10)).toEqual([]);
    clock.advance(900_000 - 10_000);
    expect(await limiter.heldBeyond(scope, 10)).toEqual([]);
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
      limiter.admit({ ...scope, reservation, stream: "c", limits: { ...limits, messagesPerHour: 2 } });
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
            stream: "c",
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
