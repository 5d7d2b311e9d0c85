import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Admission, LimitedParty, Limiter, TurnLimits } from "../../../src/ports/limiter.ts";
import type { Clock } from "../../../src/ports/system.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

const NONE: TurnLimits = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };
const MINUTE = 60_000;
const HOUR = 3_600_000;
const ADMITTED = { admitted: true };

const refused = (limit: keyof TurnLimits, retryAfter: number): Admission => ({
  admitted: false,
  code: limit === "concurrentStreams" ? "CONCURRENCY_LIMITED" : "RATE_LIMITED",
  limit,
  retryAfter,
});

/**
 * What every limiter must do.
 *
 * @param create makes a limiter that knows nobody, on the clock given
 */
export function limiterSuite(create: (options: { clock: Clock }) => Limiter | Promise<Limiter>): void {
  describe.each([
    { whose: "a user", scope: scopeOf("tenant", "user") },
    { whose: "all users of a tenant", scope: { tenant: scopeOf("tenant", "user").tenant, user: null } },
  ])("a limiter, for $whose", ({ scope }) => {
    let clock: ManualClock;
    let limiter: Limiter;
    let reservations = 0;
    beforeEach(async () => {
      clock = manualClock();
      limiter = await create({ clock });
    });

    const admit = (
      limits: Partial<TurnLimits>,
      fields: { reservation?: string; stream?: string; scope?: LimitedParty } = {},
    ): Promise<Admission> =>
      limiter.admit({
        ...(fields.scope ?? scope),
        reservation: fields.reservation ?? `reservation ${++reservations}`,
        stream: fields.stream ?? "stream",
        limits: { ...NONE, ...limits },
      });
    const admitMany = async (count: number, limits: Partial<TurnLimits>): Promise<number> => {
      const all = await Promise.all(Array.from({ length: count }, () => admit(limits)));
      return all.filter(({ admitted }) => admitted).length;
    };

    test.each([
      { limit: "messagesPerMinute", period: MINUTE },
      { limit: "messagesPerHour", period: HOUR },
    ] as const)("of 1,000 at once exactly $limit get in, and refill is even", async ({ limit, period }) => {
      const limits = { [limit]: 60 };
      expect(await admitMany(1_000, limits)).toBe(60);
      expect(await admit(limits)).toEqual(refused(limit, period / 60_000));
      clock.advance(period / 60 - 1);
      expect(await admit(limits)).toEqual(refused(limit, 1));
      clock.advance(1);
      expect(await admitMany(5, limits)).toBe(1);
      clock.advance(period / 2);
      expect(await admitMany(1_000, limits)).toBe(30);
      clock.advance(period * 3);
      expect(await admitMany(1_000, limits)).toBe(60);
    });

    test.each([7, 13, 33, 59])(
      "a try after retryAfter succeeds, and one a second before does not (%d)",
      async (rate) => {
        for (const [limit, period] of [
          ["messagesPerMinute", MINUTE],
          ["messagesPerHour", HOUR],
        ] as const) {
          const limits = { [limit]: rate };
          const other = scopeOf("tenant", `${limit} ${rate}`);
          for (let count = 0; count < rate; count++) await admit(limits, { scope: other });
          clock.advance(777);
          const refusal = await admit(limits, { scope: other });
          const retryAfter = refusal.admitted ? 0 : refusal.retryAfter;
          expect(retryAfter).toBe(Math.ceil((period / rate - 777) / 1000));
          clock.advance((retryAfter - 1) * 1000);
          expect((await admit(limits, { scope: other })).admitted).toBe(false);
          clock.advance(1000);
          expect(await admit(limits, { scope: other })).toEqual(ADMITTED);
        }
      },
    );

    test("an erased user begins anew, and what ends late changes nothing", async () => {
      const other = scopeOf("tenant", "another");
      const limits = { messagesPerMinute: 1, concurrentStreams: 1 };
      await admit(limits, { reservation: "late" });
      await admit(limits, { scope: other });
      expect(await limiter.erase(scope)).toBe(1);
      await limiter.finish(scope, "late");
      await limiter.release(scope, "late");
      expect(await limiter.erase(scope)).toBe(0);
      expect(await admit(limits)).toEqual(ADMITTED);
      expect(await admit(limits, { scope: other })).toMatchObject({ admitted: false });
    });

    test("both buckets must have a token, and the refusal names the one that takes longer", async () => {
      const limits = { messagesPerMinute: 2, messagesPerHour: 3 };
      expect(await admitMany(3, limits)).toBe(2);
      clock.advance(MINUTE);
      expect(await admitMany(2, limits)).toBe(1);
      expect(await admit(limits)).toEqual(refused("messagesPerHour", 1_140));
    });

    test("a refusal spends nothing", async () => {
      const limits = { messagesPerMinute: 10, messagesPerHour: 1 };
      expect(await admitMany(100, limits)).toBe(1);
      expect(await admitMany(100, { messagesPerMinute: 10 })).toBe(9);
    });

    test("limits may change from one try to the next, and none is no limit", async () => {
      expect(await admitMany(50, {})).toBe(50);
      expect(await admitMany(50, { messagesPerMinute: 4 })).toBe(4);
      expect(await admitMany(50, { messagesPerMinute: 6 })).toBe(2);
      expect(await admit({ messagesPerMinute: 2 })).toEqual(refused("messagesPerMinute", 150));
      expect((await admit({ messagesPerMinute: 0 }, { scope: scopeOf("t", "nobody") })).admitted).toBe(false);
    });

    test("streams are conversations with a reply that has not finished", async () => {
      const limits = { concurrentStreams: 2 };
      await admit(limits, { reservation: "a1", stream: "a" });
      await admit(limits, { reservation: "a2", stream: "a" });
      await admit(limits, { reservation: "b1", stream: "b" });
      const third = { stream: "c" };
      expect(await admit(limits, third)).toEqual(refused("concurrentStreams", 1));
      expect(await admit(limits, { stream: "b", reservation: "b2" })).toEqual(ADMITTED);
      await limiter.finish(scope, "a1");
      await limiter.finish(scope, "a1");
      expect(await admit(limits, third)).toEqual(refused("concurrentStreams", 1));
      await limiter.finish(scope, "a2");
      expect(await admit(limits, third)).toEqual(ADMITTED);
    });

    test("of 1,000 conversations at once exactly as many get in as there are streams", async () => {
      const limits = { concurrentStreams: 5, messagesPerMinute: 100 };
      const all = await Promise.all(
        Array.from({ length: 1_000 }, (_, number) => admit(limits, { stream: `${number}` })),
      );
      expect(all.filter(({ admitted }) => admitted)).toHaveLength(5);
      expect(await admitMany(1_000, { messagesPerMinute: 100 })).toBe(95);
    });

    test("a release gives tokens and stream back, once, as if they had never been taken", async () => {
      const limits = { messagesPerMinute: 2, messagesPerHour: 10, concurrentStreams: 1 };
      for (const reservation of ["one", "two"]) {
        await admit(limits, { reservation });
        await limiter.hold({ ...scope, reservation, stream: "stream", seconds: 60 });
      }
      clock.advance(MINUTE / 4);
      for (let twice = 0; twice < 2; twice++) await limiter.release(scope, "one");
      expect(await admitMany(5, { messagesPerMinute: 2 })).toBe(1);
      await limiter.release(scope, "two");
      await limiter.release(scope, "unknown");
      await limiter.release(scopeOf("unknown", "user"), "one");
      expect(await admitMany(5, { messagesPerMinute: 2 })).toBe(1);
    });

    test("a finish frees the stream and keeps the tokens spent, even if a release follows", async () => {
      const limits = { messagesPerMinute: 1, concurrentStreams: 1 };
      await admit(limits, { reservation: "one", stream: "a" });
      for (let twice = 0; twice < 2; twice++) await limiter.finish(scope, "one");
      await limiter.release(scope, "one");
      await limiter.finish(scope, "unknown");
      expect(await admit(limits, { stream: "b" })).toEqual(refused("messagesPerMinute", 60));
      clock.advance(MINUTE);
      expect(await admit(limits, { stream: "b" })).toEqual(ADMITTED);
    });

    test("a turn that is held on counts once, until it is finished, and not again", async () => {
      const limits = { messagesPerMinute: 3, concurrentStreams: 1 };
      await admit(limits, { reservation: "one", stream: "a" });
      const hold = () => limiter.hold({ ...scope, reservation: "one", stream: "a", seconds: 60 });
      for (let twice = 0; twice < 2; twice++) await hold();
      clock.advance(MINUTE / 2);
      expect(await admit(limits, { stream: "b" })).toEqual(refused("concurrentStreams", 1));
      await limiter.finish(scope, "one");
      await hold();
      expect(await admit(limits, { stream: "b" })).toEqual(ADMITTED);
    });

    test("the same reservation is admitted again without cost, held or finished, and judged anew once released", async () => {
      const limits = { messagesPerMinute: 2, concurrentStreams: 1 };
      const again = { reservation: "one", stream: "a" };
      const all = await Promise.all(Array.from({ length: 100 }, () => admit(limits, again)));
      expect(all.every(({ admitted }) => admitted)).toBe(true);
      expect(await admit(limits, { stream: "a", reservation: "two" })).toEqual(ADMITTED);
      expect(await admit(limits, again)).toEqual(ADMITTED);
      await limiter.finish(scope, "one");
      expect(await admit(limits, again)).toEqual(ADMITTED);
      await limiter.finish(scope, "two");
      expect(await admit({ concurrentStreams: 1 }, { stream: "b", reservation: "three" })).toEqual(ADMITTED);
      await limiter.release(scope, "three");
      await admit({ concurrentStreams: 1 }, { stream: "c" });
      const anew = await admit({ concurrentStreams: 1 }, { stream: "b", reservation: "three" });
      expect(anew).toEqual(refused("concurrentStreams", 1));
    });

    test("the tenant's limits and its users' are apart, also where all is called the same", async () => {
      const limits = { messagesPerMinute: 1, concurrentStreams: 1 };
      const shared = { reservation: "shared", stream: "shared" };
      const others = [scopeOf("tenant", "another"), scopeOf("another", "user"), scopeOf("", "tenant")];
      for (const other of others) expect(await admit(limits, { ...shared, scope: other })).toEqual(ADMITTED);
      expect(await admit(limits, shared)).toEqual(ADMITTED);
      for (const other of others) await limiter.release(other, "shared");
      expect(await admit(limits, { stream: "other" })).toMatchObject({ admitted: false });
      await limiter.erase(scopeOf("tenant", "another"));
      expect(await admit(limits, { stream: "other" })).toMatchObject({ admitted: false });
    });

    test.each(LOOKALIKES)("%j and %j have limits of their own", async (one, other) => {
      const limits = { messagesPerMinute: 1, concurrentStreams: 1 };
      const shared = { reservation: "shared", stream: "shared" };
      expect(await admit(limits, { ...shared, scope: one })).toEqual(ADMITTED);
      expect(await admit(limits, { stream: "other", scope: one })).toMatchObject({ admitted: false });
      await limiter.finish(other, "shared");
      expect(await admit(limits, { stream: "other", scope: other })).toEqual(ADMITTED);
    });
  });
}
