import { describe, expect, test } from "@jest/globals";
import { accepted, end, exchange, turn } from "../archive/turns.ts";
import { allKept, erase, type RecordsUnderTest } from "./people.ts";

/** Records show all that is kept, in pages. */
export function keepingSuite({ newPerson, opened }: RecordsUnderTest): void {
  describe("what is kept", () => {
    test("is every conversation with every message, marked where it stands no more", async () => {
      const { archive, records } = newPerson();
      const first = await exchange(archive, "first");
      await archive.rate(first.reply, "down", "not what I asked", 7);
      const second = await exchange(archive, "second");
      const edited = await accepted(
        archive,
        turn("second, edited", { kind: "edit", target: second.message }),
      );
      await archive.createConversation("cleared-c", 1);
      const cleared = await exchange(archive, "to be cleared", { conversation: "cleared-c" });
      await archive.clear("cleared-c", 99);
      const kept = await allKept(records);
      expect([...kept.keys()].sort()).toEqual(["cleared-c", first.conversation].sort());
      const messages = kept.get(first.conversation) ?? [];
      expect(messages.map(({ content, superseded }) => [content, superseded ?? false])).toEqual([
        ["first", false],
        [`answer of ${first.reply}`, false],
        ["second", true],
        [`answer of ${second.reply}`, true],
        ["second, edited", false],
        ["", false],
      ]);
      expect(messages[1]).toMatchObject({
        to: first.message,
        rating: "down",
        ratingComment: "not what I asked",
        ratedAt: 7,
        model: "model-1",
        usage: { inputTokens: 10, outputTokens: 3, cachedInputTokens: 0 },
      });
      expect(kept.get("cleared-c")?.map(({ id }) => id)).toEqual([cleared.message, cleared.reply]);
      const { records: conversations } = await records.conversations({ limit: 10 });
      expect(conversations.find(({ id }) => id === "cleared-c")).toMatchObject({ clearedAt: 99 });
      expect(await records.openReplies()).toEqual([edited.reply]);
    });

    test("is whole, however long a text is", async () => {
      const { archive, records } = newPerson();
      const long = "é🙂".repeat(90_000);
      const { conversation, reply } = await accepted(archive, turn(long));
      await archive.endReply(end(reply, { content: `${long}!` }));
      const contents = (await allKept(records)).get(conversation)?.map(({ content }) => content);
      expect(contents?.[0] === long && contents[1] === `${long}!`).toBe(true);
    });

    test("is known by whose it is, a tenant each, until it is erased", async () => {
      const people = ["a", "b", "c", "d", "e"].map(() => newPerson("listing#%"));
      const stranger = newPerson("listing");
      for (const { archive } of [...people, stranger]) await exchange(archive, "something");
      await newPerson("listing#%").records.conversations({ limit: 1 });
      const { tenant } = people[0]?.scope ?? stranger.scope;
      const all = async (limit: number): Promise<string[]> => {
        const found: string[] = [];
        let after: string | null | undefined;
        do {
          const page = await opened().records.users(tenant, { limit, ...(after ? { after } : {}) });
          expect(page.records.length).toBeLessThanOrEqual(limit);
          found.push(...page.records);
          after = page.next;
        } while (after !== null);
        return found.toSorted();
      };
      const users = people.map(({ scope }) => scope.user);
      for (const limit of [1, 2, 5, 10]) expect(await all(limit)).toEqual(users.toSorted());
      const [first, ...others] = people;
      if (first !== undefined) await erase(first.records);
      expect(await all(2)).toEqual(others.map(({ scope }) => scope.user).toSorted());
    });

    test("is nothing of who was never here", async () => {
      const { records } = newPerson();
      expect(await records.conversations({ limit: 10 })).toEqual({ records: [], next: null });
      expect((await records.messages("c", { limit: 10 })).records).toEqual([]);
      expect(await records.openReplies()).toEqual([]);
      expect(await records.erasure()).toBeNull();
    });
  });
}
