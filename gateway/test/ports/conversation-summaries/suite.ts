import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ConversationSummaries } from "../../../src/ports/conversation-summaries.ts";
import { SUMMARY_SECONDS } from "../../../src/ports/conversation-summaries.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { awkwardScope, freshScope, LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";

const CONVERSATION = "{c}:summary/../% 🙂";
const LIFE = SUMMARY_SECONDS * 1000;

/**
 * What every store of summaries must do.
 *
 * @param open makes a store, which may hold other users' summaries already; `pass` lets milliseconds pass
 */
export function conversationSummariesSuite(
  open: () => Promise<{
    summaries: ConversationSummaries;
    pass(milliseconds: number): void | Promise<void>;
  }>,
): void {
  describe("a store of summaries", () => {
    let summaries: ConversationSummaries;
    let pass: (milliseconds: number) => void | Promise<void>;
    let scope: Scope;
    beforeEach(async () => {
      ({ summaries, pass } = await open());
      scope = freshScope(scopeOf("{tenant}:", "user #|"));
    });

    const read = (of = scope) => summaries.read(of, CONVERSATION);
    const claim = (seconds = 60, of = scope) => summaries.claim(of, CONVERSATION, seconds);
    const claimed = async (of = scope): Promise<string> => {
      const name = await claim(60, of);
      if (name === null) throw new Error("somebody else has the claim");
      return name;
    };
    const write = (position: number, by: string, of = scope) =>
      summaries.write(of, CONVERSATION, { position, text: `up to ${position}` }, by);

    test("gives a summary as it was written", async () => {
      expect(await read()).toBeNull();
      const summary = { text: " 12 with spaces\n\u0000🙂 ", position: 7 };
      await summaries.write(scope, CONVERSATION, summary, await claimed());
      expect(await read()).toEqual(summary);
      expect(await summaries.read(scope, "other")).toBeNull();
    });

    test("an erased user's summaries are gone, and who was making one makes none", async () => {
      const other = freshScope(scope);
      await write(3, await claimed());
      await write(3, await claimed(other), other);
      const late = await summaries.claim(scope, "late", 60);
      expect(await summaries.eraseUser(scope, [CONVERSATION, "late"])).toBe(1);
      await summaries.write(scope, "late", { position: 1, text: "late" }, late ?? "");
      expect(await summaries.read(scope, "late")).toBeNull();
      expect(await read()).toBeNull();
      expect(await read(other)).toEqual({ position: 3, text: "up to 3" });
      expect(await summaries.eraseUser(scope, [])).toBe(0);
    });

    test("of 200 that claim at once one gets it, and the next when it is given back", async () => {
      for (let round = 0; round < 3; round++) {
        const all = await Promise.all(Array.from({ length: 200 }, () => claim()));
        const [mine, ...others] = all.filter((name) => name !== null);
        expect(others).toEqual([]);
        await summaries.unclaim(scope, CONVERSATION, "another's");
        expect(await claim()).toBeNull();
        await summaries.unclaim(scope, CONVERSATION, mine ?? "");
      }
      expect(await claim()).not.toBeNull();
    });

    test("a claim ends after its seconds; what it still writes or gives back is void", async () => {
      const late = await claimed();
      await pass(59_000);
      expect(await claim()).toBeNull();
      await write(1, late);
      await pass(1_000);
      await write(2, late);
      expect(await read()).toMatchObject({ position: 1 });
      const next = await claimed();
      await write(3, late);
      await summaries.unclaim(scope, CONVERSATION, late);
      expect(await claim()).toBeNull();
      await write(4, next);
      expect(await read()).toMatchObject({ position: 4 });
    });

    test("one that was given back writes no more", async () => {
      const mine = await claimed();
      await summaries.unclaim(scope, CONVERSATION, mine);
      await write(1, mine);
      await write(1, "made up");
      expect(await read()).toBeNull();
    });

    test("a drop forgets the summary and makes the claim void", async () => {
      const before = await claimed();
      await write(5, before);
      await summaries.drop(scope, CONVERSATION);
      await write(6, before);
      expect(await read()).toBeNull();
      const after = await claimed();
      await write(1, after);
      await summaries.unclaim(scope, CONVERSATION, before);
      expect(await claim()).toBeNull();
      expect(await read()).toMatchObject({ position: 1 });
      await summaries.drop(scope, "never heard of");
    });

    test("of 200 written at once the one that covers most stays", async () => {
      const mine = await claimed();
      const positions = Array.from({ length: 200 }, (_, index) => (index * 77) % 200);
      await Promise.all(positions.map((position) => write(position, mine)));
      expect(await read()).toEqual({ position: 199, text: "up to 199" });
    });

    test("a summary is kept for a week from its writing; claims and reads keep nothing", async () => {
      await write(1, await claimed());
      await pass(LIFE - 10_000);
      await write(2, await claimed());
      await pass(LIFE - 10_000);
      expect(await read()).toMatchObject({ position: 2 });
      await claimed();
      await pass(10_000);
      expect(await read()).toBeNull();
    });

    test.each(LOOKALIKES)("%j and %j have summaries of their own", async (one, other) => {
      const mine = await claimed(one);
      await write(1, mine, one);
      const theirs = await claimed(other);
      await write(2, mine, other);
      expect(await read(other)).toBeNull();
      await write(3, theirs, other);
      await summaries.drop(other, CONVERSATION);
      expect(await read(one)).toMatchObject({ position: 1 });
      await write(4, mine, one);
      expect(await read(one)).toMatchObject({ position: 4 });
      await summaries.drop(one, CONVERSATION);
    });

    test("any two conversations of any user are apart", async () => {
      await fc.assert(
        fc.asyncProperty(
          awkwardScope,
          fc.string({ unit: "binary" }),
          fc.string({ unit: "binary" }),
          async (of, one, other) => {
            fc.pre(one !== other);
            const fresh = freshScope(of);
            const mine = (await summaries.claim(fresh, one, 60)) ?? "";
            await summaries.write(fresh, one, { position: 1, text: one }, mine);
            await summaries.drop(fresh, other);
            expect(await summaries.read(fresh, one)).toEqual({ position: 1, text: one });
            expect(await summaries.read(fresh, other)).toBeNull();
          },
        ),
        { seed: testSeed("summaries"), numRuns: 60 },
      );
    });
  });
}
