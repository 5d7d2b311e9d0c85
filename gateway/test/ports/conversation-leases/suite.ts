import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type {
  ConversationLeases,
  ConversationOwner,
  HeldLease,
} from "../../../src/ports/conversation-leases.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { undisturbed } from "../support/lived-clock.ts";
import { awkwardScope, freshScope, LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import { until } from "../support/until.ts";

/** Seconds of a lease that a test waits out, and of one that outlives every test. */
const SHORT = 0.2;
const LONG = 600;
const CONVERSATION = "{c}:owner/../% 🙂";

/**
 * What every store of leases must do.
 *
 * @param open makes stores as two instances have them, which may hold others' leases already; `tick` lets a little
 *   time pass
 */
export function conversationLeasesSuite(
  open: () => Promise<{ here: ConversationLeases; there: ConversationLeases; tick?: () => unknown }>,
): void {
  describe("a store of leases", () => {
    let here: ConversationLeases;
    let there: ConversationLeases;
    let tick: (() => unknown) | undefined;
    let scope: Scope;
    const newUser = (): Scope => freshScope(scopeOf("{tenant}:", "user #|"));
    beforeEach(async () => {
      ({ here, there, tick } = await open());
      scope = newUser();
    });

    const take = (instance: string, seconds = LONG, above = 0): Promise<ConversationOwner> =>
      here.acquire(scope, CONVERSATION, instance, { seconds, above });
    const owner = (): Promise<ConversationOwner | null> => there.ownerOf(scope, CONVERSATION);
    const free = (): Promise<void> => until(async () => (await owner()) === null, tick);
    const lease = (epoch: number): HeldLease => ({ scope, conversation: CONVERSATION, epoch });
    const renewed = async (epoch: number, instance: string): Promise<boolean | undefined> =>
      (await here.renew([lease(epoch)], instance, LONG))[0];

    test("of 200 instances at once one gets the lease, and all hear who", async () => {
      for (let round = 1; round <= 3; round++) {
        const all = await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            (index % 2 === 0 ? here : there).acquire(scope, CONVERSATION, `i${index}`, {
              seconds: LONG,
              above: 0,
            }),
          ),
        );
        const [first] = all;
        expect(new Set(all.map(({ instance }) => instance)).size).toBe(1);
        expect(all.every(({ epoch }) => epoch === round)).toBe(true);
        expect(await owner()).toEqual(first);
        await there.release(lease(round), first?.instance ?? "");
      }
    });

    test("who has it keeps it in the same epoch, and others are told who", async () => {
      expect(await owner()).toBeNull();
      expect(await take("mine")).toEqual({ instance: "mine", epoch: 1 });
      expect(await take("mine", LONG, 7)).toEqual({ instance: "mine", epoch: 1 });
      expect(await take("other", LONG, 7)).toEqual({ instance: "mine", epoch: 1 });
      expect(await owner()).toEqual({ instance: "mine", epoch: 1 });
    });

    test("each new owner has a higher epoch: after a release, after a lease ran out, and above what is asked", async () => {
      await take("a");
      await here.release(lease(1), "a");
      expect(await owner()).toBeNull();
      expect(await take("b", SHORT)).toEqual({ instance: "b", epoch: 2 });
      await free();
      expect(await take("a", SHORT)).toEqual({ instance: "a", epoch: 3 });
      await free();
      expect(await take("a", LONG, 40)).toEqual({ instance: "a", epoch: 41 });
      await here.release(lease(41), "a");
      expect(await take("b", LONG, 7)).toEqual({ instance: "b", epoch: 42 });
      await here.release(lease(42), "b");
      expect(await take("b", LONG, 2 ** 40)).toEqual({ instance: "b", epoch: 2 ** 40 + 1 });
    });

    test("taking it again prolongs it, and so does renewing it", () =>
      undisturbed(async () => {
        scope = newUser();
        await take("mine", SHORT);
        await take("mine", LONG);
        await here.acquire(scope, "renewed", "mine", { seconds: SHORT, above: 0 });
        expect(await here.renew([{ scope, conversation: "renewed", epoch: 1 }], "mine", LONG)).toEqual([
          true,
        ]);
        await here.acquire(scope, "witness", "mine", { seconds: SHORT, above: 0 });
        await until(async () => (await here.ownerOf(scope, "witness")) === null, tick);
        expect(await owner()).toEqual({ instance: "mine", epoch: 1 });
        expect(await here.ownerOf(scope, "renewed")).toEqual({ instance: "mine", epoch: 1 });
      }));

    test("one that ran out and nobody took is had again", async () => {
      await take("mine", SHORT);
      await free();
      expect(await renewed(1, "mine")).toBe(true);
      expect(await owner()).toEqual({ instance: "mine", epoch: 1 });
    });

    test("one that another took is lost for good, also when that one is gone", () =>
      undisturbed(async () => {
        scope = newUser();
        await take("mine", SHORT);
        await free();
        await take("other", SHORT);
        expect(await renewed(1, "mine")).toBe(false);
        expect(await owner()).toEqual({ instance: "other", epoch: 2 });
        await free();
        expect(await renewed(1, "mine")).toBe(false);
        expect(await renewed(2, "other")).toBe(true);
        await here.release(lease(2), "other");
        expect(await renewed(1, "mine")).toBe(false);
        expect(await owner()).toBeNull();
      }));

    test("one that was given up is not brought back by a renewal on its way", async () => {
      await take("mine");
      await here.release(lease(1), "mine");
      expect(await renewed(1, "mine")).toBe(false);
      expect(await owner()).toBeNull();
      await take("mine", SHORT);
      await free();
      await here.release(lease(2), "mine");
      expect(await renewed(2, "mine")).toBe(false);
    });

    test("an earlier epoch of one's own is not held by a later one", async () => {
      await take("mine");
      await here.release(lease(1), "mine");
      await take("mine");
      expect(await renewed(1, "mine")).toBe(false);
      await here.release(lease(1), "mine");
      expect(await owner()).toEqual({ instance: "mine", epoch: 2 });
    });

    test("nobody gives up what is another's, or never was", async () => {
      await take("mine");
      await here.release(lease(1), "other");
      await here.release(lease(2), "mine");
      await here.release({ scope, conversation: "never heard of", epoch: 1 }, "mine");
      expect(await owner()).toEqual({ instance: "mine", epoch: 1 });
    });

    test("many are renewed at once, each for itself, in their order", async () => {
      const leases = Array.from({ length: 1_200 }, (_, index) => ({
        scope: freshScope(scope),
        conversation: `c${index}`,
        epoch: 1,
      }));
      await Promise.all(
        leases.map(({ scope: of, conversation }, index) =>
          here.acquire(of, conversation, index % 3 === 0 ? "other" : "mine", { seconds: LONG, above: 0 }),
        ),
      );
      expect(await here.renew(leases, "mine", LONG)).toEqual(leases.map((_, index) => index % 3 !== 0));
      expect(await here.renew([], "mine", LONG)).toEqual([]);
    });

    test("names of instances come back as they were", async () => {
      for (const [index, instance] of ["a b", " ", "", "1 2", "🙂\n", "free", "5 free"].entries()) {
        const conversation = `c${index}`;
        const taken = await here.acquire(scope, conversation, instance, { seconds: LONG, above: 0 });
        expect(taken).toEqual({ instance, epoch: 1 });
        expect(await there.ownerOf(scope, conversation)).toEqual(taken);
        expect(await here.renew([{ scope, conversation, epoch: 1 }], instance, LONG)).toEqual([true]);
        await here.release({ scope, conversation, epoch: 1 }, instance);
        expect(await there.ownerOf(scope, conversation)).toBeNull();
      }
    });

    test.each(LOOKALIKES)("%j and %j have leases of their own", async (one, other) => {
      const ownerIn = (of: Scope, instance: string) =>
        here.acquire(of, "c", instance, { seconds: LONG, above: 0 });
      const mine = await ownerIn(one, "mine");
      const theirs = await ownerIn(other, "theirs");
      expect([mine.instance, theirs.instance]).toEqual(["mine", "theirs"]);
      await here.release({ scope: one, conversation: "c", epoch: mine.epoch }, "mine");
      expect(await here.ownerOf(other, "c")).toEqual(theirs);
      await here.release({ scope: other, conversation: "c", epoch: theirs.epoch }, "theirs");
    });

    test("any two conversations of any user are apart", async () => {
      const id = fc.string({ unit: "grapheme" });
      await fc.assert(
        fc.asyncProperty(awkwardScope, id, id, async (awkward, one, other) => {
          fc.pre(one !== other);
          const of = freshScope(awkward);
          await here.acquire(of, one, "mine", { seconds: LONG, above: 6 });
          expect(await here.ownerOf(of, other)).toBeNull();
          expect(await here.acquire(of, other, "theirs", { seconds: LONG, above: 0 })).toEqual({
            instance: "theirs",
            epoch: 1,
          });
          expect(await here.ownerOf(of, one)).toEqual({ instance: "mine", epoch: 7 });
        }),
        { seed: testSeed("leases"), numRuns: 60 },
      );
    });
  });
}
