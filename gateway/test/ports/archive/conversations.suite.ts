import { describe, expect, test } from "@jest/globals";
import type { ConversationPage, UserArchive } from "../../../src/ports/archive.ts";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, exchange, idsIn, turn } from "./turns.ts";

const allPages = async (user: UserArchive, limit: number): Promise<string[]> => {
  const ids: string[] = [];
  let next: string | null | undefined;
  while (next !== null) {
    const page: ConversationPage = await user.conversations({
      limit,
      ...(next === undefined ? {} : { before: next }),
    });
    ids.push(...page.conversations.map(({ id }) => id));
    next = page.next;
  }
  return ids;
};

const conversationsOf = async (user: UserArchive, names: readonly string[]): Promise<void> => {
  for (const name of names) {
    await user.createConversation(name, 1);
    await accepted(user, turn(`about ${name}`, { conversation: name }));
  }
};

/** Lists of conversations, and their end. */
export function conversationsSuite({ newUser }: ArchiveUnderTest): void {
  describe("the list of conversations", () => {
    test("names title, time and preview, cut to whole characters", async () => {
      const user = newUser();
      const request = turn(`\u0000${"🙂".repeat(100)}`);
      const { conversation, reply } = await accepted(user, request);
      const asked = { id: conversation, title: `\u0000${"🙂".repeat(79)}`, at: request.at };
      expect(await user.conversations({ limit: 5 })).toEqual({
        conversations: [{ ...asked, preview: `\u0000${"🙂".repeat(100)}` }],
        next: null,
      });
      await user.endReply(end(reply, { content: "é".repeat(130), at: 77 }));
      expect((await user.conversations({ limit: 5 })).conversations).toEqual([
        { ...asked, at: 77, preview: "é".repeat(120) },
      ]);
    });

    test("has a title only where something was asked", async () => {
      const user = newUser();
      await user.createConversation("pushed-to", 1);
      await user.push("pushed-to", { id: "hello", role: "assistant", content: "Hello!", at: 5 });
      expect((await user.conversations({ limit: 5 })).conversations).toEqual([
        { id: "pushed-to", title: "", at: 5, preview: "Hello!" },
      ]);
    });

    test("is paged from the latest on", async () => {
      const user = newUser();
      await conversationsOf(user, ["a", "b", "c", "d", "e"]);
      await accepted(user, turn("again", { conversation: "b" }));
      expect(await allPages(user, 2)).toEqual(["b", "e", "d", "c", "a"]);
      expect(await allPages(user, 5)).toEqual(["b", "e", "d", "c", "a"]);
      expect(await user.latestConversation()).toBe("b");
      const nonsense = await user.conversations({ before: "no cursor; DROP TABLE", limit: 5 });
      expect(nonsense).toEqual({ conversations: [], next: null });
    });

    test("neither skips nor repeats what stays as it was while others change", async () => {
      const user = newUser();
      await conversationsOf(user, ["a", "b", "c", "d", "e"]);
      const first = await user.conversations({ limit: 2 });
      expect(first.conversations.map(({ id }) => id)).toEqual(["e", "d"]);
      await accepted(user, turn("moves", { conversation: "b" }));
      await user.clear("d", 9);
      const rest = await user.conversations({ limit: 5, before: first.next ?? "" });
      expect(rest.conversations.map(({ id }) => id)).toEqual(["c", "a"]);
    });

    test("leaves out a conversation in which nothing was said, which can be opened all the same", async () => {
      const user = newUser();
      await conversationsOf(user, ["a"]);
      await user.createConversation("empty", 2);
      await user.createConversation("a", 3);
      expect(await allPages(user, 5)).toEqual(["a"]);
      expect(await user.messages("empty", { limit: 5 })).toEqual({ messages: [], more: false });
      expect(await user.latestConversation()).toBe("empty");
      expect(await idsIn(user, "a")).toHaveLength(2);
    });
  });

  describe("clearing a conversation", () => {
    test("takes it out of every list, once, and leaves its open replies owed", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const two = await accepted(user, turn("two"));
      expect(await user.clear(one.conversation, 3)).toBe(true);
      expect(await user.clear(one.conversation, 4)).toBe(false);
      expect(await user.clear("unknown", 4)).toBe(false);
      expect(await user.latestConversation()).toBeNull();
      expect(await allPages(user, 5)).toEqual([]);
      expect(await user.messages(one.conversation, { limit: 5 })).toBeNull();
      expect(await user.context(one.conversation, 9, 5)).toEqual([]);
      expect(await user.conversationOf(one.message)).toBeNull();
      expect(await user.conversationOf(two.reply)).toBeNull();
      expect(await user.rate(one.reply, "up", undefined, 5)).toBe(false);
      expect(await user.replyTo(two.message)).toBe(two.reply);
      expect((await user.openReplies()).map(({ reply }) => reply)).toEqual([two.reply]);
      expect(await user.endReply(end(two.reply, { reason: "cancelled" }))).toBe(true);
      expect(await user.latestConversation()).toBeNull();
    });

    test("is known for a while, by when it was", async () => {
      const user = newUser();
      const names = Array.from({ length: 12 }, (_, number) => `c-${number}`);
      await conversationsOf(user, names);
      expect(await user.clearedSince(0)).toEqual([]);
      for (const [number, name] of names.entries()) await user.clear(name, 100 + number);
      await user.clear("c-11", 200);
      expect(await user.clearedSince(109)).toEqual(["c-11", "c-10", "c-9"]);
      expect(await user.clearedSince(112)).toEqual([]);
      expect(await user.clearedSince(0)).toEqual(names.toReversed().slice(0, 10));
      expect(await newUser().clearedSince(0)).toEqual([]);
    });

    test("makes the next question begin a new one", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      await user.clear(one.conversation, 3);
      const two = await accepted(user, turn("two"));
      expect(two.conversation).not.toBe(one.conversation);
      expect(two.position).toBe(1);
    });
  });
}
