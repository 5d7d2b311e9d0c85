import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AddressLimiter, Attempt } from "../../../src/ports/address-limiter.ts";
import { testSeed } from "../support/seed.ts";

/**
 * What every limiter of strangers must do.
 *
 * @param create makes one that remembers nothing; `pass` lets milliseconds pass
 */
export function addressLimiterSuite(
  create: () => Promise<{ limiter: AddressLimiter; pass(milliseconds: number): void | Promise<void> }>,
): void {
  describe("a limiter of strangers", () => {
    let limiter: AddressLimiter;
    let pass: (milliseconds: number) => void | Promise<void>;
    beforeEach(async () => {
      ({ limiter, pass } = await create());
    });
    const attempt = (fields: Partial<Attempt> = {}): Attempt => ({
      gate: "session",
      subject: "192.0.2.1",
      perMinute: 6,
      ...fields,
    });
    const admittedOf = async (count: number, fields?: Partial<Attempt>): Promise<number> => {
      const verdicts = await Promise.all(Array.from({ length: count }, () => limiter.take(attempt(fields))));
      return verdicts.filter(({ admitted }) => admitted).length;
    };

    test("lets in as many at once as the minute allows, of any number of callers", async () => {
      expect(await admittedOf(50)).toBe(6);
    });

    test("says truly when a try can succeed, and gives back evenly", async () => {
      await admittedOf(6);
      const refused = await limiter.take(attempt());
      expect(refused).toEqual({ admitted: false, retryAfter: 10 });
      await pass(9_000);
      expect(await limiter.take(attempt())).toEqual({ admitted: false, retryAfter: 1 });
      await pass(1_000);
      expect(await admittedOf(3)).toBe(1);
      await pass(60_000);
      expect(await admittedOf(50)).toBe(6);
    });

    test("a look counts nothing, and a refusal neither", async () => {
      for (let looked = 0; looked < 20; looked++)
        expect(await limiter.look(attempt())).toEqual({ admitted: true });
      expect(await admittedOf(6)).toBe(6);
      for (let refused = 0; refused < 20; refused++) await limiter.take(attempt());
      expect(await limiter.look(attempt())).toMatchObject({ admitted: false });
      await pass(10_000);
      expect(await limiter.look(attempt())).toEqual({ admitted: true });
    });

    test("a limit of nothing admits nobody, and a raised one counts what was done before", async () => {
      expect(await limiter.take(attempt({ perMinute: 0 }))).toMatchObject({ admitted: false });
      expect(await admittedOf(6)).toBe(6);
      expect(await admittedOf(50, { perMinute: 600 })).toBe(0);
      await pass(1_000);
      expect(await admittedOf(50, { perMinute: 600 })).toBe(10);
    });

    test("gates and subjects never share, whatever they are called", async () => {
      const seed = testSeed("address limiter");
      const text = fc.string({ unit: "binary", maxLength: 12 });
      const gate = fc.constantFrom("session", "upgrade", "turn", "failed-authentication");
      await fc.assert(
        fc.asyncProperty(gate, text, gate, text, async (gate1, one, gate2, other) => {
          fc.pre(gate1 !== gate2 || one !== other);
          ({ limiter, pass } = await create());
          await limiter.take(attempt({ gate: gate1, subject: one, perMinute: 1 }));
          expect(await limiter.take(attempt({ gate: gate2, subject: other, perMinute: 1 }))).toEqual({
            admitted: true,
          });
        }),
        { seed, numRuns: 30 },
      );
    });

    test("a name is used up once, of any number of callers, until its time is over", async () => {
      const used = await Promise.all(Array.from({ length: 20 }, () => limiter.once("proof a", 300)));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await limiter.once("proof b", 300)).toBe(true);
      await pass(299_000);
      expect(await limiter.once("proof a", 300)).toBe(false);
      await pass(1_001);
      expect(await limiter.once("proof a", 300)).toBe(true);
    });
  });
}
