import { describe, expect, test } from "@jest/globals";
import { NoSuchConversation } from "../../../src/ports/archive.ts";
import { accepted, end, exchange, turn } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";
import { allKept, erase, freshId, LATER, type Person, type RecordsUnderTest } from "./people.ts";

/** Everything that a user could see, by ids that exist or existed. */
async function viewOf(
  { archive }: Person,
  ids: { conversation: string; message: string; reply: string; client: string },
) {
  return {
    conversations: (await archive.conversations({ limit: 10 })).conversations,
    latest: await archive.latestConversation(),
    messages: await archive.messages(ids.conversation, { limit: 10 }),
    context: await archive.context(ids.conversation, 99, 10),
    conversationOf: await archive.conversationOf(ids.message),
    accepted: await archive.accepted(ids.client),
    reply: await archive.reply(ids.reply),
    replyTo: await archive.replyTo(ids.client),
    open: await archive.openReplies(),
  };
}

const NOTHING = {
  conversations: [],
  latest: null,
  messages: null,
  context: [],
  conversationOf: null,
  accepted: null,
  reply: null,
  replyTo: null,
  open: [],
};

/** Erased is erased. */
export function erasingSuite({ opened, newPerson }: RecordsUnderTest): void {
  const chatting = async (person: Person) => {
    await exchange(person.archive, "long ago");
    const request = turn("being answered");
    const { conversation, message, reply } = await accepted(person.archive, request);
    return { conversation, message, reply, client: request.clientId };
  };

  describe("an erasure", () => {
    test("hides the user from its first moment, and takes nothing more of theirs", async () => {
      const person = newPerson();
      const ids = await chatting(person);
      const { archive, records, scope } = person;
      const erasure = await records.begin({ id: freshId("erasure"), by: "ops", at: LATER });
      expect(erasure).toMatchObject({ by: "ops", begunAt: LATER, erasedAt: null, counts: {} });
      expect(await viewOf(person, ids)).toEqual(NOTHING);
      expect(await archive.accept(turn("more", { at: LATER + 5 }))).toEqual({ outcome: "erased" });
      expect(await archive.accept(turn("more", { conversation: ids.conversation, at: LATER + 5 }))).toEqual({
        outcome: "erased",
      });
      expect(await archive.endReply(end(ids.reply))).toBe(false);
      expect(await archive.raiseEpoch(ids.reply, 7)).toBe(false);
      expect(await archive.clear(ids.conversation, LATER)).toBe(false);
      expect(await archive.rate(ids.reply, "up", "well", LATER)).toBe(false);
      const pushed = { id: "pushed", role: "system", content: "hello", at: LATER + 5 } as const;
      await expect(archive.push(ids.conversation, pushed)).rejects.toThrow(NoSuchConversation);
      await archive.createConversation("another", LATER + 5);
      expect(await viewOf(person, { ...ids, conversation: "another" })).toEqual(NOTHING);
      const owed = (await opened().archive.owed()).filter(({ user }) => user === scope.user);
      expect(owed).toEqual([]);
      expect(await opened().records.unfinished()).toContainEqual(scope);
    });

    test("purges everything in batches, counts it, and finishes once", async () => {
      const person = newPerson();
      const ids = await chatting(person);
      await person.archive.accept(turn("anew", { kind: "regenerate", target: ids.message }));
      await person.archive.createConversation("second", 1);
      await exchange(person.archive, "cleared", { conversation: "second" });
      await person.archive.clear("second", 2);
      const { records } = person;
      const { id } = await records.begin({ id: freshId("erasure"), by: "ops", at: LATER });
      let batches = 0;
      while (!(await records.purge(id, 2))) batches++;
      expect(batches).toBeGreaterThan(3);
      await records.count(id, { cached: 2 });
      await records.count(id, { cached: 1 });
      const receipt = await records.finish(id, LATER + 10);
      expect(receipt).toEqual({
        id,
        by: "ops",
        begunAt: LATER,
        erasedAt: LATER + 10,
        counts: { messages: 7, conversations: 2, requests: 4, cached: 3 },
      });
      expect(await records.finish(id, LATER + 99)).toEqual(receipt);
      expect(await records.purge(id, 5)).toBe(true);
      expect(await records.erasure()).toEqual(receipt);
      expect(await allKept(records)).toEqual(new Map());
      expect(await viewOf(person, ids)).toEqual(NOTHING);
      expect(await opened().records.unfinished()).not.toContainEqual(person.scope);
    });

    test("is the same one for all who ask while it lasts, and after, until there is something to erase", async () => {
      const { archive, records } = newPerson();
      await exchange(archive, "one");
      const first = await records.begin({ id: freshId("erasure"), by: "first", at: LATER });
      expect(await records.begin({ id: freshId("erasure"), by: "second", at: LATER + 1 })).toEqual(first);
      const receipt = await erase(records, LATER + 2);
      expect(receipt).toMatchObject({ id: first.id, by: "first", erasedAt: LATER + 2 });
      expect(await records.begin({ id: freshId("erasure"), by: "third", at: LATER + 3 })).toEqual(receipt);
      await exchange(archive, "back", { at: LATER + 4 });
      const second = await records.begin({ id: freshId("erasure"), by: "fourth", at: LATER + 5 });
      expect(second).toMatchObject({ by: "fourth", begunAt: LATER + 5, erasedAt: null, counts: {} });
      expect(second.id).not.toBe(first.id);
    });

    test("leaves a user of the same name who may come back, with credentials made since, to nothing of old", async () => {
      const person = newPerson();
      const ids = await chatting(person);
      const { archive, records } = person;
      await erase(records, LATER);
      const late = { at: LATER + 1_000, credentialsAt: LATER - 1_000 };
      expect(await archive.accept(turn("by an old token", late))).toEqual({ outcome: "erased" });
      expect(await archive.accept(turn("on its way", { at: LATER }))).toEqual({ outcome: "erased" });
      await archive.createConversation("on-its-way", LATER);
      expect(await archive.messages("on-its-way", { limit: 1 })).toBeNull();
      const request = {
        ...turn("back"),
        at: LATER + 1_000,
        credentialsAt: LATER + 500,
        clientId: ids.client,
      };
      const back = await accepted(archive, request);
      expect(back).toMatchObject({ position: 1, message: request.message });
      expect(await archive.accept(turn("by an old token", late))).toEqual({ outcome: "erased" });
      expect(await archive.endReply(end(ids.reply))).toBe(false);
      const view = await viewOf(person, ids);
      expect(view).toMatchObject({ messages: null, reply: null, latest: back.conversation });
      expect([...(await allKept(records)).values()].flat()).toHaveLength(2);
    });

    test("that is over touches nothing of who came back", async () => {
      const { archive, records } = newPerson();
      await exchange(archive, "old");
      const { id } = await erase(records, LATER);
      const { conversation } = await exchange(archive, "new", { at: LATER + 1 });
      expect(await records.purge(id, 10)).toBe(true);
      await records.finish(id, LATER + 2);
      await opened().records.tidy(0);
      expect((await archive.messages(conversation, { limit: 10 }))?.messages).toHaveLength(2);
    });

    test("touches nobody else, though their ids are the same", async () => {
      const person = newPerson();
      const twin = scopeOf("another tenant", person.scope.user);
      const other = opened().archive.forUser(twin);
      const request = turn("of both");
      await accepted(person.archive, request);
      await accepted(other, request);
      await erase(person.records);
      expect(await other.openReplies()).toHaveLength(1);
      expect((await other.messages(request.newConversation, { limit: 10 }))?.messages).toHaveLength(2);
      expect(await opened().records.forUser(twin).erasure()).toBeNull();
    });

    test("of who was never here stands too: their credentials are void", async () => {
      const { archive, records } = newPerson();
      expect(await erase(records, LATER)).toMatchObject({ counts: {}, erasedAt: LATER });
      expect(await archive.accept(turn("before", { at: LATER - 5 }))).toEqual({ outcome: "erased" });
      await accepted(archive, turn("after", { at: LATER + 5 }));
    });

    test("is forgotten in its time, and the user's later messages are not", async () => {
      const [gone, back] = [newPerson(), newPerson()];
      await exchange(gone.archive, "old");
      await exchange(back.archive, "old");
      await erase(gone.records, LATER);
      await erase(back.records, LATER);
      const { conversation } = await exchange(back.archive, "new", { at: LATER + 1 });
      await opened().records.tidy(LATER);
      expect(await gone.records.erasure()).not.toBeNull();
      await opened().records.tidy(LATER + 1);
      expect(await gone.records.erasure()).toBeNull();
      expect((await back.archive.messages(conversation, { limit: 10 }))?.messages).toHaveLength(2);
      await exchange(gone.archive, "new", { at: LATER + 2 });
      expect([...(await allKept(gone.records)).values()].flat()).toHaveLength(2);
    });
  });
}
