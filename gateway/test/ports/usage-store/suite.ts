import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { UsageRow, UsageStore } from "../../../src/ports/usage-store.ts";
import { establishedTenant } from "../../../src/tenants/scope.ts";

const acme = establishedTenant("acme");

function row(day: string, model: string, messages = 1): UsageRow {
  return {
    day,
    model,
    messages,
    inputTokens: 10 * messages,
    outputTokens: 5 * messages,
    cachedInputTokens: messages,
    cost: 0.25 * messages,
    cacheHits: 0,
    wastedTokens: 3 * messages,
    wastedCost: 0.125 * messages,
  };
}

/**
 * What every usage store must do.
 *
 * @param open opens an empty store; `close` ends it
 */
export function usageStoreSuite(open: () => Promise<{ store: UsageStore; close(): Promise<void> }>): void {
  describe("a usage store", () => {
    let store: UsageStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await open());
    });
    afterEach(() => close());

    test("adds up by day and model, whoever adds at the same time", async () => {
      const usage = store.forTenant(acme);
      await Promise.all(Array.from({ length: 8 }, () => usage.add(row("2026-01-02", "one"))));
      await usage.add({ ...row("2026-01-02", "#two%"), cacheHits: 1 });
      await usage.add(row("2026-01-01", "one"));
      expect(await usage.read({ from: "2026-01-01", to: "2026-01-31" })).toEqual([
        row("2026-01-01", "one"),
        { ...row("2026-01-02", "#two%"), cacheHits: 1 },
        row("2026-01-02", "one", 8),
      ]);
    });

    test("reads the days asked for, both ends included", async () => {
      const usage = store.forTenant(acme);
      for (const day of ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]) {
        await usage.add(row(day, "one"));
      }
      const days = await usage.read({ from: "2026-01-02", to: "2026-01-03" });
      expect(days.map(({ day }) => day)).toEqual(["2026-01-02", "2026-01-03"]);
    });

    test("adds up what a site key's visitors used on a day, whoever adds at the same time", async () => {
      const usage = store.forTenant(acme);
      const today = { siteKey: "shop #%", day: "2026-01-02" };
      await Promise.all(Array.from({ length: 8 }, () => usage.addOfSiteKey(today, 5)));
      await usage.addOfSiteKey({ ...today, day: "2026-01-03" }, 1);
      await usage.addOfSiteKey({ ...today, siteKey: "shop" }, 2);
      await store.forTenant(establishedTenant("globex")).addOfSiteKey(today, 100);
      expect(await usage.ofSiteKey(today)).toBe(40);
      expect(await usage.ofSiteKey({ ...today, siteKey: "other" })).toBe(0);
      expect(await usage.read({ from: "2026-01-01", to: "2026-12-31" })).toEqual([]);
    });

    test("keeps tenants apart", async () => {
      await store.forTenant(acme).add(row("2026-01-01", "one"));
      expect(
        await store.forTenant(establishedTenant("acme2")).read({ from: "2026-01-01", to: "2026-01-01" }),
      ).toEqual([]);
    });
  });
}
