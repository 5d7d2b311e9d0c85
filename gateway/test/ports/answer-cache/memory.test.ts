import { describe, expect, test } from "@jest/globals";
import { createMemoryAnswerCache } from "../../../src/adapters/memory/answer-cache.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { answerCacheSuite } from "./suite.ts";

answerCacheSuite(async () => {
  const clock = manualClock();
  return { cache: createMemoryAnswerCache({ clock, maxBytes: 100_000 }), pass: clock.advance };
});

describe("the cache in memory", () => {
  const { tenant, user } = scopeOf("acme", "user");
  const answer = (characters: number) => ({ content: "x".repeat(characters), model: "m" });

  test("keeps within its bytes and lets go of what was read longest ago", async () => {
    const cache = createMemoryAnswerCache({ clock: manualClock(), maxBytes: 10_000 }).forTenant(tenant);
    for (const digest of ["a", "b", "c", "d"]) await cache.set(digest, answer(1_000), 60, user);
    await cache.get("a");
    await cache.set("e", answer(1_000), 60, user);
    const kept = await Promise.all(["a", "b", "c", "d", "e"].map((digest) => cache.get(digest)));
    expect(kept.map((found) => found !== null)).toEqual([true, false, true, true, true]);
  });

  test("does not keep what is larger than all of it, and forgets what that was to replace", async () => {
    const cache = createMemoryAnswerCache({ clock: manualClock(), maxBytes: 10_000 }).forTenant(tenant);
    await cache.set("small", answer(100), 60, user);
    await cache.set("large", answer(100), 60, user);
    await cache.set("large", answer(6_000), 60, user);
    expect(await cache.get("large")).toBeNull();
    expect(await cache.get("small")).not.toBeNull();
  });

  test("counts replaced and expired answers no more", async () => {
    const clock = manualClock();
    const cache = createMemoryAnswerCache({ clock, maxBytes: 10_000 }).forTenant(tenant);
    await cache.set("first", answer(1_000), 3_600, user);
    for (let round = 0; round < 50; round++) {
      await cache.set("second", answer(1_000), 1, user);
      clock.advance(1_000);
      expect(await cache.get("second")).toBeNull();
      await cache.set("third", answer(1_000), 60, user);
    }
    expect(await cache.get("first")).not.toBeNull();
  });
});
