import { beforeEach, describe, expect, test } from "@jest/globals";
import { type AnswerCache, ERASED_SECONDS } from "../../../src/ports/answer-cache.ts";
import type { TenantId } from "../../../src/ports/scope.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

const asker = scopeOf("acme", "asker").user;
const tenantOf = (name: string): TenantId => scopeOf(name, "user").tenant;

/**
 * What every answer cache must do.
 *
 * @param create makes an empty cache with room for at least a hundred short answers; `pass` lets milliseconds pass
 */
export function answerCacheSuite(
  create: () => Promise<{ cache: AnswerCache; pass(milliseconds: number): void | Promise<void> }>,
): void {
  describe("an answer cache", () => {
    let cache: AnswerCache;
    let pass: (milliseconds: number) => void | Promise<void>;
    beforeEach(async () => {
      ({ cache, pass } = await create());
    });
    const answer = { content: "An answer 🙂\u0000", model: "model-1" };

    test("gives an answer again until its time is over", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      expect(await mine.get("digest")).toBeNull();
      await mine.set("digest", answer, 60, asker);
      await pass(59_000);
      expect(await mine.get("digest")).toEqual(answer);
      expect(await cache.forTenant(tenantOf("acme")).get("digest")).toEqual(answer);
      await pass(1_000);
      expect(await mine.get("digest")).toBeNull();
    });

    test("the later answer stands, with a time of its own", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      await mine.set("digest", { ...answer, content: "old" }, 10, asker);
      await pass(8_000);
      await mine.set("digest", answer, 10, asker);
      await pass(8_000);
      expect(await mine.get("digest")).toEqual(answer);
    });

    test("an answer that may be kept for no time takes the former one away", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      await mine.set("digest", answer, 10, asker);
      await mine.set("digest", answer, 0, asker);
      expect(await mine.get("digest")).toBeNull();
    });

    test("forgets the answers to an erased user's questions, and keeps none that comes late", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      const other = scopeOf("acme", "another").user;
      await mine.set("theirs", answer, 3_600, asker);
      await mine.set("theirs too", answer, 60, asker);
      await mine.set("another's", answer, 60, other);
      await cache.forTenant(tenantOf("globex")).set("theirs", answer, 60, asker);
      expect(await mine.eraseUser(asker)).toBe(2);
      expect(await mine.get("theirs")).toBeNull();
      expect(await mine.get("theirs too")).toBeNull();
      expect(await mine.get("another's")).toEqual(answer);
      expect(await cache.forTenant(tenantOf("globex")).get("theirs")).toEqual(answer);
      await mine.set("late", answer, 3_600, asker);
      expect(await mine.get("late")).toBeNull();
      expect(await mine.eraseUser(asker)).toBe(0);
      await pass(ERASED_SECONDS * 1000);
      await mine.set("anew", answer, 60, asker);
      expect(await mine.get("anew")).toEqual(answer);
    });

    test.each(LOOKALIKES)(
      "tenants never share, whatever they and digests are called (%j, %j)",
      async (one, other) => {
        await cache.forTenant(one.tenant).set(one.user, answer, 60, asker);
        if (one.tenant === other.tenant && one.user === other.user) return;
        expect(await cache.forTenant(other.tenant).get(other.user)).toBeNull();
      },
    );
  });
}
