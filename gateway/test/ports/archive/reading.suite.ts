import { describe, expect, test } from "@jest/globals";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, exchange, idsIn, turn } from "./turns.ts";

/** Messages: pages, context, ratings, what is pushed. */
export function readingSuite({ newUser }: ArchiveUnderTest): void {
  describe("reading a conversation", () => {
    test("pages go back to the first message, each answer behind its question", async () => {
      const user = newUser();
      const first = await exchange(user, "question 0");
      for (let count = 1; count < 7; count++) await exchange(user, `question ${count}`);
      const whole = (await idsIn(user, first.conversation)) ?? [];
      expect(whole).toHaveLength(14);
      const pages: string[] = [];
      let before: string | undefined;
      for (let more = true; more; ) {
        const page = await user.messages(first.conversation, {
          limit: 3,
          ...(before === undefined ? {} : { before }),
        });
        pages.unshift(...(page?.messages.map(({ id }) => id) ?? []));
        more = page?.more ?? false;
        before = pages[0];
      }
      expect(pages).toEqual(whole);
    });

    test("answers that end out of order stand behind their own questions", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      const two = await accepted(user, turn("two"));
      await user.endReply(end(two.reply));
      const [, queued] = (await user.messages(one.conversation, { limit: 4 }))?.messages ?? [];
      expect(queued).toEqual({
        id: one.reply,
        role: "assistant",
        position: 1,
        content: "",
        at: expect.any(Number),
        to: one.message,
        status: "queued",
      });
      await user.endReply(end(one.reply));
      expect(await idsIn(user, one.conversation)).toEqual([one.message, one.reply, two.message, two.reply]);
    });

    test("an unknown place is an empty page, an unknown conversation none at all", async () => {
      const user = newUser();
      const { conversation } = await exchange(user, "one");
      const empty = { messages: [], more: false };
      expect(await user.messages(conversation, { before: "unknown", limit: 5 })).toEqual(empty);
      await user.createConversation("other", 1);
      const elsewhere = await exchange(user, "two", { conversation: "other" });
      expect(await user.messages(conversation, { before: elsewhere.message, limit: 5 })).toEqual(empty);
      expect(await user.messages("unknown", { limit: 5 })).toBeNull();
      expect(await newUser().messages(conversation, { limit: 5 })).toBeNull();
    });

    test("the context of a question is what stands before it, without open replies", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const two = await accepted(user, turn("two"));
      const three = await accepted(user, turn("three"));
      const ids = async (position: number, limit: number): Promise<string[]> =>
        (await user.context(one.conversation, position, limit)).map(({ id }) => id);
      expect(await ids(three.position, 10)).toEqual([one.message, one.reply, two.message]);
      expect(await ids(three.position, 2)).toEqual([one.reply, two.message]);
      expect(await ids(one.position, 10)).toEqual([]);
      await user.endReply(end(two.reply));
      expect(await ids(three.position, 10)).toEqual([one.message, one.reply, two.message, two.reply]);
      expect(await user.context("unknown", 10, 10)).toEqual([]);
    });

    test("an answer can be rated, rated otherwise and unrated; a question cannot", async () => {
      const user = newUser();
      const { conversation, message, reply } = await exchange(user, "one");
      const rating = async (): Promise<unknown> =>
        (await user.messages(conversation, { limit: 1 }))?.messages[0]?.rating;
      expect(await user.rate(reply, "down", "not so", 1)).toBe(true);
      expect(await rating()).toBe("down");
      expect(await user.rate(reply, "up", undefined, 2)).toBe(true);
      expect(await rating()).toBe("up");
      expect(await user.rate(reply, null, undefined, 3)).toBe(true);
      expect(await rating()).toBeUndefined();
      expect(await user.rate(message, "up", undefined, 4)).toBe(false);
      expect(await user.rate("unknown", "up", undefined, 4)).toBe(false);
      expect(await newUser().rate(reply, "up", undefined, 4)).toBe(false);
    });

    test("a pushed message takes its place once", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      const pushed = {
        id: "pushed",
        role: "assistant",
        content: "Anna here",
        at: 5,
        author: { kind: "agent", name: "Anna" },
      } as const;
      const pushes = [user.push(one.conversation, pushed), user.push(one.conversation, pushed)];
      expect((await Promise.all(pushes)).sort()).toEqual([false, true]);
      const two = await accepted(user, turn("two"));
      expect(two.position).toBe(3);
      expect((await user.messages(one.conversation, { limit: 10 }))?.messages[2]).toEqual({
        ...pushed,
        position: 2,
      });
      expect(await user.conversationOf("pushed")).toBe(one.conversation);
      expect(await user.reply("pushed")).toBeNull();
      const lost = user.push("unknown", { ...pushed, id: "lost" });
      await expect(lost).rejects.toThrow("no conversation unknown");
    });
  });
}
