import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { end, turn } from "../archive/turns.ts";
import { testSeed } from "../support/seed.ts";
import { allKept, erase, LATER, type RecordsUnderTest } from "./people.ts";

/** Writes that race an erasure lose. */
export function racingSuite({ newPerson, runs }: RecordsUnderTest): void {
  describe("writes at the same time as an erasure", () => {
    test("are erased or refused, and only what was asked since stays", async () => {
      const plan = fc.array(
        fc.constantFrom("ask", "answer", "push", "create", "clear", "rate", "edit", "purge", "erase"),
        { minLength: 4, maxLength: 14 },
      );
      await fc.assert(
        fc.asyncProperty(plan, async (steps) => {
          const { archive, records } = newPerson();
          const first = turn("first", { at: LATER - 100 });
          await archive.accept(first);
          await archive.createConversation("side", LATER - 100);
          const racing = steps.map(async (step, number): Promise<unknown> => {
            const at = LATER - 50 + number;
            if (step === "ask") return archive.accept(turn("old", { at, conversation: "side" }));
            if (step === "answer") return archive.endReply(end(first.reply, { content: "old", at }));
            if (step === "create") return archive.createConversation(`side ${number}`, at);
            if (step === "clear") return archive.clear("side", at);
            if (step === "rate") return archive.rate(first.reply, "up", "old", at);
            if (step === "edit")
              return archive.accept(turn("old", { kind: "edit", target: first.message, at }));
            if (step === "push") {
              const message = { id: `pushed-${number}`, role: "system", content: "old", at } as const;
              return Promise.allSettled([archive.push("side", message)]);
            }
            if (step === "purge") {
              const known = await records.erasure();
              return known === null ? null : records.purge(known.id, 1);
            }
            return erase(records, LATER);
          });
          await Promise.all([...racing, erase(records, LATER)]);
          const since = turn("new", { at: LATER + 1 });
          await archive.accept(since);
          const kept = [...(await allKept(records)).values()].flat();
          expect(kept.map(({ id }) => id)).toEqual([since.message, since.reply]);
          expect((await archive.openReplies()).map(({ reply }) => reply)).toEqual([since.reply]);
          expect((await archive.conversations({ limit: 10 })).conversations).toHaveLength(1);
        }),
        { seed: testSeed("racing an erasure"), numRuns: runs },
      );
    });
  });
}
