import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { VisitorFamilies, VisitorFamily } from "../../../src/ports/visitor-families.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";

const { tenant, user } = scopeOf("acme", "anon_ada");
let made = 0;
const newVisitor = (): string => `anon_${++made}`;

/** A family as it is first put. */
export function family(fields: Partial<VisitorFamily> = {}): VisitorFamily {
  return {
    current: 2,
    uses: [{ token: 1, at: 1_700_000_000_000 }],
    ended: null,
    expiresAt: 1_700_000_900_000,
    revision: 1,
    ...fields,
  };
}

/** What every store of visitors' tokens must do. */
export function visitorFamiliesSuite(
  open: () => Promise<{ families: VisitorFamilies; close(): Promise<void> }>,
): void {
  describe("a store of visitors' tokens", () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());
    const families = (): VisitorFamilies => {
      if (opened === undefined) throw new Error("the store is not open");
      return opened.families;
    };

    test("gives back what was put, and nothing for whom nobody knows", async () => {
      const mine = families().forTenant(tenant);
      const visitor = newVisitor();
      expect(await mine.get(visitor)).toBeNull();
      expect(await mine.put(visitor, family())).toBe(true);
      expect(await mine.get(visitor)).toEqual(family());
      const ended = family({
        revision: 2,
        ended: { reason: "adopted", at: 1_700_000_000_001, by: user, moved: false },
      });
      expect(await mine.put(visitor, ended)).toBe(true);
      expect(await families().forTenant(tenant).get(visitor)).toEqual(ended);
    });

    test("of any number of changes to one state, one is made", async () => {
      const mine = families().forTenant(tenant);
      const visitor = newVisitor();
      for (let revision = 1; revision <= 3; revision++) {
        const tries = Array.from({ length: 12 }, (_, current) => family({ revision, current }));
        const done = await Promise.all(tries.map((each) => mine.put(visitor, each)));
        expect(done.filter(Boolean)).toHaveLength(1);
        expect(await mine.get(visitor)).toEqual(tries[done.indexOf(true)]);
      }
      expect(await mine.put(visitor, family({ revision: 1 }))).toBe(false);
      expect(await mine.put(visitor, family({ revision: 9 }))).toBe(false);
      expect(await mine.put(newVisitor(), family({ revision: 2 }))).toBe(false);
    });

    test("forgets a tenant's families, some at a time, and no other tenant's", async () => {
      const [gone, kept] = ["gone", "gone#"].map((id) => families().forTenant(scopeOf(id, "").tenant));
      if (gone === undefined || kept === undefined) throw new Error("there are two");
      const visitors = Array.from({ length: 5 }, newVisitor);
      for (const visitor of visitors) {
        await gone.put(visitor, family());
        await kept.put(visitor, family());
      }
      expect(await gone.forget(2)).toBe(2);
      expect(await gone.forget(100)).toBe(3);
      expect(await gone.forget(100)).toBe(0);
      for (const visitor of visitors) {
        expect(await gone.get(visitor)).toBeNull();
        expect(await kept.get(visitor)).toEqual(family());
      }
    });

    test.each(LOOKALIKES)("tenants never share, whatever ids are called (%j, %j)", async (one, other) => {
      if (one.tenant === other.tenant && one.user === other.user) return;
      const kept = family({ current: 7 });
      await families().forTenant(one.tenant).put(one.user, kept);
      expect((await families().forTenant(other.tenant).get(other.user))?.current).not.toBe(7);
      await families()
        .forTenant(one.tenant)
        .put(one.user, { ...kept, current: 8, revision: 2 });
    });
  });
}
