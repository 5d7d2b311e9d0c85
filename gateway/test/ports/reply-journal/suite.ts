import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { JournalEntry, ReplyJournal } from "../../../src/ports/reply-journal.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { awkwardScope, freshScope, LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";

/**
 * What every journal must do.
 *
 * @param open opens an empty journal; `close` ends it
 */
export function replyJournalSuite(
  open: () => Promise<{ journal: ReplyJournal; close(): Promise<void> }>,
): void {
  describe("a reply journal", () => {
    let journal: ReplyJournal;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ journal, close } = await open());
    });
    afterAll(() => close());
    const newScope = (): Scope => freshScope(scopeOf("tenant", "user "));

    test("joins what is appended, in one batch or many", async () => {
      const scope = newScope();
      const entry = { ...scope, reply: "r", epoch: 1 };
      await journal.append([
        { ...entry, seq: 2, text: "Hello\u0000 " },
        { ...entry, reply: "other", seq: 9, text: "not this" },
        { ...entry, seq: 5, text: "🙂 " },
      ]);
      await journal.append([{ ...entry, seq: 6, text: "you" }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 6, text: "Hello\u0000 🙂 you" });
      expect(await journal.read(scope, "unknown")).toBeNull();
    });

    test("takes the same batch again without writing it twice", async () => {
      const scope = newScope();
      const batch = [
        { ...scope, reply: "r", epoch: 1, seq: 1, text: "a" },
        { ...scope, reply: "r", epoch: 1, seq: 2, text: "b" },
      ];
      await journal.append(batch);
      await journal.append(batch);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 2, text: "ab" });
    });

    test("takes what is told anew in place of a batch that was thought lost, and nothing that has no beginning", async () => {
      const scope = newScope();
      const entry = { ...scope, reply: "r", epoch: 1 };
      const attempt = { model: "model", inputTokens: 9 };
      await journal.append([{ ...entry, after: 0, seq: 2, text: "ab", attempt }]);
      await journal.append([{ ...entry, after: 2, seq: 4, text: "cd" }]);
      await journal.append([{ ...entry, after: 2, seq: 5, text: "cde" }]);
      const told = { epoch: 1, seq: 5, text: "abcde", attempt };
      expect(await journal.read(scope, "r")).toEqual(told);
      await journal.append([{ ...entry, after: 6, seq: 7, text: "g" }]);
      await journal.append([{ ...entry, after: 2, seq: 4, text: "cd" }]);
      expect(await journal.read(scope, "r")).toEqual(told);
      await journal.append([{ ...entry, after: 0, seq: 6, text: "abcdef", attempt }]);
      expect(await journal.read(scope, "r")).toEqual({ ...told, seq: 6, text: "abcdef" });
      await journal.append([{ ...entry, reply: "forgotten", after: 3, seq: 4, text: "d" }]);
      expect(await journal.read(scope, "forgotten")).toBeNull();
      await journal.append([{ ...entry, epoch: 2, after: 0, seq: 1, text: "anew" }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 2, seq: 1, text: "anew" });
    });

    test("tells that a reply has begun, and what was asked last of which model", async () => {
      const scope = newScope();
      const entry = { ...scope, reply: "r", epoch: 1, text: "" };
      const guessed = { model: "a model, ünnamed", inputTokens: 90 };
      await journal.append([{ ...entry, seq: 0, attempt: guessed }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 0, text: "", attempt: guessed });
      const counted = { ...guessed, inputTokens: 101 };
      await journal.append([{ ...entry, seq: 0, attempt: counted }]);
      await journal.append([{ ...entry, seq: 1, text: "a", attempt: counted }]);
      await journal.append([{ ...entry, seq: 2, text: "b" }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 2, text: "ab", attempt: counted });
      await journal.append([{ ...entry, epoch: 2, seq: 1, text: "cached" }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 2, seq: 1, text: "cached" });
    });

    test("a higher epoch begins anew, a lower one is dropped", async () => {
      const scope = newScope();
      const entry = { ...scope, reply: "r" };
      await journal.append([{ ...entry, epoch: 1, seq: 8, text: "first attempt" }]);
      await journal.append([{ ...entry, epoch: 2, seq: 1, text: "second" }]);
      await journal.append([{ ...entry, epoch: 1, seq: 9, text: " goes on" }]);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 2, seq: 1, text: "second" });
    });

    test("an erased user's replies are gone, and what comes late for those that ran is not taken", async () => {
      const [scope, other] = [newScope(), newScope()];
      const entry = { ...scope, reply: "ran", epoch: 3, seq: 1, text: "text" };
      await journal.append([entry, { ...entry, ...other }]);
      expect(await journal.eraseUser(scope, ["ran", "had not begun"])).toBe(1);
      await journal.append([
        { ...entry, seq: 2, text: "late" },
        { ...entry, epoch: 4, reply: "had not begun" },
      ]);
      expect(await journal.read(scope, "ran")).toBeNull();
      expect(await journal.read(scope, "had not begun")).toBeNull();
      expect(await journal.read(other, "ran")).toMatchObject({ text: "text" });
      expect(await journal.eraseUser(scope, ["ran"])).toBe(0);
      await journal.drop(scope, "ran", 3);
      await journal.append([{ ...entry, seq: 3, text: "later" }]);
      expect(await journal.read(scope, "ran")).toBeNull();
      await journal.append([{ ...entry, reply: "of the next user of that name" }]);
      expect(await journal.read(scope, "of the next user of that name")).not.toBeNull();
    });

    test("forgets a reply that is dropped, twice or unknown too", async () => {
      const scope = newScope();
      const entry = { ...scope, epoch: 1, seq: 1, text: "kept" };
      await journal.append([
        { ...entry, reply: "r" },
        { ...entry, reply: "s" },
      ]);
      await journal.drop(scope, "r", 1);
      await journal.drop(scope, "r", 1);
      await journal.drop(scope, "unknown", 1);
      expect(await journal.read(scope, "r")).toBeNull();
      expect(await journal.read(scope, "s")).toEqual({ epoch: 1, seq: 1, text: "kept" });
    });

    test("forgets a reply up to an epoch, and keeps what a later one wrote", async () => {
      const scope = newScope();
      const entry = { ...scope, reply: "r", epoch: 2, seq: 1, text: "second" };
      await journal.append([entry]);
      await journal.drop(scope, "r", 1);
      expect(await journal.read(scope, "r")).toEqual({ epoch: 2, seq: 1, text: "second" });
      await journal.drop(scope, "r", 3);
      expect(await journal.read(scope, "r")).toBeNull();
    });

    test.each(LOOKALIKES)("%j and %j have replies of their own", async (one, other) => {
      const entry = { reply: "shared", epoch: 1, seq: 1 };
      await journal.append([
        { ...one, ...entry, text: "one" },
        { ...other, ...entry, text: "other" },
      ]);
      expect(await journal.read(one, "shared")).toMatchObject({ text: "one" });
      expect(await journal.read(other, "shared")).toMatchObject({ text: "other" });
      await journal.drop(one, "shared", 1);
      expect(await journal.read(other, "shared")).toMatchObject({ text: "other" });
      await journal.drop(other, "shared", 1);
    });

    test("entries in any order leave what the highest epoch wrote in rising order", async () => {
      const entries = fc.array(
        fc.record({ epoch: fc.nat(3), seq: fc.nat(9), text: fc.string({ unit: "grapheme" }) }),
        { minLength: 1, maxLength: 25 },
      );
      await fc.assert(
        fc.asyncProperty(
          awkwardScope,
          entries,
          fc.integer({ min: 1, max: 5 }),
          async (awkward, all, size) => {
            const scope = freshScope(awkward);
            const batch = all.map((entry): JournalEntry => ({ ...scope, reply: "r", ...entry }));
            let held: { epoch: number; seq: number; text: string } | null = null;
            for (const { epoch, seq, text } of all) {
              if (held === null || epoch > held.epoch) held = { epoch, seq, text };
              else if (epoch === held.epoch && seq > held.seq) held = { epoch, seq, text: held.text + text };
            }
            for (let start = 0; start < batch.length; start += size) {
              await journal.append(batch.slice(start, start + size));
            }
            expect(await journal.read(scope, "r")).toEqual(held);
          },
        ),
        { seed: testSeed("reply journal"), numRuns: 60 },
      );
    });
  });
}
