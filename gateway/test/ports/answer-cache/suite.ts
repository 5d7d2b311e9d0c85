import { beforeEach, describe, expect, test } from "@jest/globals";
import type { AnswerCache } from "../../../src/ports/answer-cache.ts";
import type { TenantId } from "../../../src/ports/scope.ts";
import type { Clock } from "../../../src/ports/system.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

const tenantOf = (name: string): TenantId => scopeOf(name, "user").tenant;

/**
 * What every answer cache must do.
 *
 * @param create makes an empty cache with room for at least a hundred short answers, on the clock given
 */
export function answerCacheSuite(create: (options: { clock: Clock }) => AnswerCache): void {
  describe("an answer cache", () => {
    let clock: ManualClock;
    let cache: AnswerCache;
    beforeEach(() => {
      clock = manualClock();
      cache = create({ clock });
    });
    const answer = { content: "An answer 🙂\u0000", model: "model-1" };

    test("gives an answer again until its time is over", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      expect(await mine.get("digest")).toBeNull();
      await mine.set("digest", answer, 60);
      clock.advance(59_999);
      expect(await mine.get("digest")).toEqual(answer);
      expect(await cache.forTenant(tenantOf("acme")).get("digest")).toEqual(answer);
      clock.advance(1);
      expect(await mine.get("digest")).toBeNull();
    });

    test("the later answer stands, with a time of its own", async () => {
      const mine = cache.forTenant(tenantOf("acme"));
      await mine.set("digest", { ...answer, content: "old" }, 10);
      clock.advance(9_000);
      await mine.set("digest", answer, 10);
      clock.advance(9_000);
      expect(await mine.get("digest")).toEqual(answer);
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
