import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PresenceStore } from "../../../src/ports/presence.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { undisturbed } from "../support/lived-clock.ts";
import { awkwardScope, freshScope, LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import { until } from "../support/until.ts";

/** Seconds of a lease that a test waits out, and of one that outlives every test. */
const SHORT = 0.2;
const LONG = 600;
const AWKWARD = ["a:b", "a", "A", "{a}", "1 2", "🙂", "", "é\n"];

/**
 * What every store of presence must do.
 *
 * @param open makes a store, which may hold other users already; `tick` lets a little time pass
 */
export function presenceSuite(open: () => Promise<{ presence: PresenceStore; tick?: () => unknown }>): void {
  describe("a store of presence", () => {
    let presence: PresenceStore;
    let tick: (() => unknown) | undefined;
    let scope: Scope;
    const newUser = (): Scope => freshScope(scopeOf("{tenant}:", "user #|"));
    beforeEach(async () => {
      ({ presence, tick } = await open());
      scope = newUser();
    });

    const at = async (of = scope): Promise<string[]> => [...(await presence.instancesOf(of))].sort();
    const gone = (instance: string, of = scope): Promise<void> =>
      until(async () => !(await at(of)).includes(instance), tick);

    test("tells at which instances a user is", async () => {
      expect(await at()).toEqual([]);
      for (const instance of AWKWARD) await presence.register(scope, instance, LONG);
      expect(await at()).toEqual([...AWKWARD].sort());
      for (const instance of AWKWARD.slice(1)) await presence.unregister(scope, instance);
      expect(await at()).toEqual(AWKWARD.slice(0, 1));
      await presence.unregister(scope, "a:b");
      await presence.unregister(scope, "never there");
      expect(await at()).toEqual([]);
    });

    test("twice is once, also at once from many", async () => {
      const instances = Array.from({ length: 50 }, (_, index) => `i${index}`);
      await Promise.all([...instances, ...instances].map((each) => presence.register(scope, each, LONG)));
      expect(await at()).toEqual([...instances].sort());
      await Promise.all(instances.map((each) => presence.unregister(scope, each)));
      expect(await at()).toEqual([]);
    });

    test("forgets an instance whose lease has run out, and no other", () =>
      undisturbed(async () => {
        scope = newUser();
        await presence.register(scope, "lives", LONG);
        await presence.register(scope, "dies", SHORT);
        expect(await at()).toEqual(["dies", "lives"]);
        await gone("dies");
        expect(await at()).toEqual(["lives"]);
      }));

    test("the longer of two leases holds", async () => {
      await presence.register(scope, "one", LONG);
      await presence.register(scope, "one", SHORT);
      await presence.register(scope, "other", SHORT);
      await presence.register(scope, "other", LONG);
      await presence.register(scope, "witness", SHORT);
      await gone("witness");
      expect(await at()).toEqual(["one", "other"]);
    });

    test("renews the leases of many users of one instance", async () => {
      const users = Array.from({ length: 1_200 }, () => freshScope(scope));
      await Promise.all(users.map((user) => presence.register(user, "mine", SHORT)));
      await presence.renew(users, "mine", LONG);
      await presence.register(scope, "witness", SHORT);
      await gone("witness");
      const places = await Promise.all(users.map((user) => at(user)));
      expect(places.every(([first, ...more]) => first === "mine" && more.length === 0)).toBe(true);
      await presence.renew([], "mine", LONG);
    });

    test("renewing makes a lease that had run out, and prolongs no other instance's", async () => {
      await presence.register(scope, "mine", SHORT);
      await presence.register(scope, "other", SHORT);
      await gone("mine");
      await gone("other");
      await presence.renew([scope], "mine", LONG);
      expect(await at()).toEqual(["mine"]);
    });

    test.each(LOOKALIKES)("%j and %j are apart", async (one, other) => {
      await presence.register(one, "mine", LONG);
      await presence.register(other, "theirs", LONG);
      await presence.unregister(one, "theirs");
      expect([await at(one), await at(other)]).toEqual([["mine"], ["theirs"]]);
      await presence.unregister(one, "mine");
      await presence.unregister(other, "theirs");
    });

    test("any two users and any two instances are apart", async () => {
      const instance = fc.string({ unit: "grapheme" });
      await fc.assert(
        fc.asyncProperty(awkwardScope, instance, instance, async (awkward, first, second) => {
          fc.pre(first !== second);
          const [one, other] = [freshScope(awkward), freshScope(awkward)];
          await presence.register(one, first, LONG);
          await presence.register(one, second, LONG);
          await presence.register(other, second, LONG);
          await presence.unregister(one, second);
          expect([await at(one), await at(other)]).toEqual([[first], [second]]);
        }),
        { seed: testSeed("presence"), numRuns: 60 },
      );
    });
  });
}
