import { beforeEach, describe, expect, test } from "@jest/globals";
import type { AnswerCache } from "../../../src/ports/answer-cache.ts";
import type { TenantId } from "../../../src/ports/scope.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

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
      await mine.set("digest", answer, 60);
      await pass(59_000);
      expect(await mine.get("digest")).toEqual(answer);
      expect(await cache.forTenant(tenantOf("acme")).get("digest")).toEqual(answer);
      await pass(1_000);
      expect(await mine.get("digest")).toBeNull();
    });

    test("the later answer stands, with a time of its own", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      await mine.set("digest", { ...answer, content: "old" }, 10);
      await pass(8_000);
      await mine.set("digest", answer, 10);
      await pass(8_000);
      expect(await mine.get("digest")).toEqual(answer);
    });

    test("an answer that may be kept for no time takes the former one away", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      await mine.set("digest", answer, 10);
      await mine.set("digest", answer, 0);
      expect(await mine.get("digest")).toBeNull();
    });

    test.each(LOOKALIKES)(
      "tenants never share, whatever they and digests are called (%j, %j)",
      async (one, other) => {
        await cache.forTenant(one.tenant).set(one.user, answer, 60);
        if (one.tenant === other.tenant && one.user === other.user) return;
        expect(await cache.forTenant(other.tenant).get(other.user)).toBeNull();
      },
    );
  });
}
