import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BudgetAccount, Budgets, TenantBudgets } from "../../../src/ports/budgets.ts";
import { manualClock } from "../support/manual-clock.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";

const HOUR = 3_600_000;
const NOW = manualClock().now();

/**
 * What every store of budgets must do.
 *
 * @param create makes one that knows nothing, at the time of a fresh manual clock; `pass` lets milliseconds pass
 */
export function budgetsSuite(
  create: () => Promise<{ budgets: Budgets; pass(milliseconds: number): void | Promise<void> }>,
): void {
  describe("budgets", () => {
    let budgets: Budgets;
    let mine: TenantBudgets;
    let pass: (milliseconds: number) => void | Promise<void>;
    beforeEach(async () => {
      ({ budgets, pass } = await create());
      mine = budgets.forTenant(scopeOf("acme", "user").tenant);
    });
    const account = (fields: Partial<BudgetAccount> = {}): BudgetAccount => ({
      name: "month 2027-01",
      limit: 1_000,
      endsAt: NOW + HOUR,
      ...fields,
    });
    let reservations = 0;
    const newReservation = (): string => `reply-${++reservations}`;
    const reserve = (tokens: number, accounts = [account()], reservation = newReservation()) =>
      mine.reserve({ reservation, tokens, accounts });
    const RESERVED = { outcome: "reserved" };
    const EXHAUSTED = { outcome: "exhausted", account: "month 2027-01" };

    test("an account is unknown until it is opened, and opened once", async () => {
      const day = account({ name: "day", limit: 10 });
      expect(await reserve(1, [account(), day])).toEqual({
        outcome: "unknown",
        accounts: ["month 2027-01", "day"],
      });
      await mine.open(account(), 400);
      expect(await reserve(1, [account(), day])).toEqual({ outcome: "unknown", accounts: ["day"] });
      await mine.open(day, 0);
      await mine.open(account(), 0);
      expect(await reserve(600, [account(), day])).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(EXHAUSTED);
    });

    test("of any number of turns at once no more get in than what is held leaves room for", async () => {
      await mine.open(account(), 0);
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => reserve(100)));
      expect(verdicts.filter(({ outcome }) => outcome === "reserved")).toHaveLength(10);
      expect(verdicts.at(-1)).toEqual(EXHAUSTED);
    });

    test("what a turn took in truth counts in place of what was held", async () => {
      await mine.open(account(), 0);
      await reserve(900, [account()], "a");
      expect(await mine.settle("a", 300)).toEqual([account().name]);
      expect(await mine.settle("a", 300)).toEqual([]);
      expect(await mine.settle("nobody", 300)).toEqual([]);
      expect(await reserve(699, [account()], "b")).toEqual(RESERVED);
      expect(await reserve(1, [account()], "c")).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(EXHAUSTED);
      await mine.settle("b", 5_000);
      expect(await reserve(1)).toEqual(EXHAUSTED);
    });

    test("a turn that was not taken gives all back; asked again it is held once", async () => {
      await mine.open(account(), 0);
      expect(await reserve(1_000, [account()], "a")).toEqual(RESERVED);
      expect(await reserve(1_000, [account()], "a")).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(EXHAUSTED);
      await mine.settle("a", 0);
      expect(await reserve(1_000)).toEqual(RESERVED);
    });

    test("where one of several accounts is used up, nothing is held of the others", async () => {
      const day = account({ name: "day s1", limit: 10 });
      await mine.open(account(), 0);
      await mine.open(day, 10);
      for (let turn = 0; turn < 20; turn++)
        expect(await reserve(100, [account(), day])).toEqual({ outcome: "exhausted", account: "day s1" });
      expect(await reserve(999)).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(RESERVED);
    });

    test("an end says of which accounts it was paid, whatever they are called", async () => {
      const day = account({ name: "day {s}:% 1" });
      await mine.open(account(), 0);
      await mine.open(day, 0);
      await reserve(100, [account(), day], "both");
      await reserve(100, [day], "one");
      expect((await mine.settle("both", 5)).toSorted()).toEqual(["day {s}:% 1", "month 2027-01"]);
      expect(await mine.settle("one", 0)).toEqual(["day {s}:% 1"]);
    });

    test("a limit that changes counts from then on; one of nothing admits nothing", async () => {
      await mine.open(account(), 0);
      expect(await reserve(1_000)).toEqual(RESERVED);
      expect(await reserve(1, [account({ limit: 0 })])).toEqual(EXHAUSTED);
      expect(await reserve(1, [account({ limit: 1_001 })])).toEqual(RESERVED);
    });

    test("what nobody settles is held no more after the 15 minutes for which it was held on", async () => {
      await mine.open(account(), 0);
      await reserve(1_000, [account()], "dead");
      await mine.hold({ reservation: "dead", tokens: 1_000, accounts: [account()] }, 900);
      await pass(899_000);
      expect(await reserve(1)).toEqual(EXHAUSTED);
      await pass(1_001);
      expect(await reserve(1_000)).toEqual(RESERVED);
      await mine.settle("dead", 10_000);
      expect(await reserve(1, [account({ limit: 1_001 })])).toEqual(RESERVED);
    });

    test("what is held on is held once, and settled as it was", async () => {
      await mine.open(account(), 0);
      await reserve(900, [account()], "a");
      for (let twice = 0; twice < 2; twice++)
        await mine.hold({ reservation: "a", tokens: 900, accounts: [account()] }, 60);
      expect(await reserve(100, [account()], "b")).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(EXHAUSTED);
      expect(await mine.settle("a", 899)).toEqual([account().name]);
      expect(await reserve(1)).toEqual(RESERVED);
      expect(await reserve(1)).toEqual(EXHAUSTED);
    });

    test("an account is forgotten some time after it is over", async () => {
      await mine.open(account(), 5);
      await pass(HOUR + 900_001);
      expect(await reserve(1)).toMatchObject({ outcome: "unknown" });
    });

    test.each(LOOKALIKES)(
      "tenants and accounts never share, whatever they are called (%j, %j)",
      async (one, other) => {
        if (one.tenant === other.tenant && one.user === other.user) return;
        const first = account({ name: one.user });
        const second = account({ name: other.user });
        await budgets.forTenant(one.tenant).open(first, 1_000);
        await budgets.forTenant(other.tenant).open(second, 0);
        expect(
          await budgets.forTenant(other.tenant).reserve({ reservation: "r", tokens: 1, accounts: [second] }),
        ).toEqual(RESERVED);
      },
    );

    test("random turns come out as plain counting says", async () => {
      const seed = testSeed("budgets");
      const step = fc.oneof(
        fc.record({ do: fc.constant("reserve" as const), name: fc.nat(8), tokens: fc.nat(400) }),
        fc.record({ do: fc.constant("settle" as const), name: fc.nat(8), tokens: fc.nat(400) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          ({ budgets } = await create());
          mine = budgets.forTenant(scopeOf("acme", "user").tenant);
          await mine.open(account(), 0);
          const held = new Map<string, number>();
          let used = 0;
          for (const { do: what, name, tokens } of steps) {
            const reservation = `r${name}`;
            if (what === "settle") {
              await mine.settle(reservation, tokens);
              if (held.delete(reservation)) used += tokens;
              continue;
            }
            const spent = [...held.values()].reduce((sum, each) => sum + each, used);
            const admitted = held.has(reservation) || spent < 1_000;
            if (admitted && !held.has(reservation)) held.set(reservation, tokens);
            const { outcome } = await reserve(tokens, [account()], reservation);
            expect(outcome).toBe(admitted ? "reserved" : "exhausted");
          }
        }),
        { seed, numRuns: 60 },
      );
    });
  });
}
