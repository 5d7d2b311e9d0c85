import { describe, expect, test } from "@jest/globals";
import type { UserArchive } from "../../../src/ports/archive.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { scopeOf } from "../support/scopes.ts";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, exchange, idsIn, turn } from "./turns.ts";

const AT = 1_700_000_950_000;
let people = 0;

/** How conversations of a visitor pass to a user. */
export function adoptingSuite({ archive }: ArchiveUnderTest): void {
  describe("adopting a visitor", () => {
    interface Person {
      readonly scope: Scope;
      readonly store: UserArchive;
    }
    const person = (name: string, tenant = "tenant"): Person => {
      const scope = scopeOf(tenant, `adopting ${name} ${++people}`);
      return { scope, store: archive().forUser(scope) };
    };

    test("the conversations are the user's as they were, the visitor's latest first, and the visitor has nothing", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const own = await exchange(user.store, "own");
      const first = await exchange(visitor.store, "first");
      const second = await exchange(visitor.store, "second", { conversation: first.conversation });
      await visitor.store.createConversation("another", AT);
      const third = await exchange(visitor.store, "third 🙂", { conversation: "another" });
      await visitor.store.rate(third.reply, "up", "good", AT);
      const before = await visitor.store.messages(first.conversation, { limit: 100 });

      const passed = await user.store.adopt(visitor.scope.user, AT);

      expect([...passed].sort()).toEqual(["another", first.conversation].sort());
      expect(await user.store.messages(first.conversation, { limit: 100 })).toEqual(before);
      expect(await idsIn(user.store, first.conversation)).toEqual([
        first.message,
        first.reply,
        second.message,
        second.reply,
      ]);
      const list = await user.store.conversations({ limit: 10 });
      expect(list.conversations.map(({ id }) => id)).toEqual([
        "another",
        first.conversation,
        own.conversation,
      ]);
      expect(list.conversations[0]).toMatchObject({ title: "third 🙂", preview: `answer of ${third.reply}` });
      expect(await user.store.latestConversation()).toBe("another");
      const rated = (await user.store.messages("another", { limit: 1 }))?.messages[0];
      expect(rated).toMatchObject({ id: third.reply, rating: "up" });
      expect(await user.store.reply(second.reply)).toMatchObject({ state: "ended" });
      expect(await user.store.replyTo(second.message)).toBe(second.reply);
      expect(await user.store.conversationOf(third.message)).toBe("another");

      expect((await visitor.store.conversations({ limit: 10 })).conversations).toEqual([]);
      expect(await visitor.store.latestConversation()).toBeNull();
      expect(await visitor.store.messages(first.conversation, { limit: 10 })).toBeNull();
      expect(await visitor.store.reply(second.reply)).toBeNull();
      expect(await visitor.store.replyTo(second.message)).toBeNull();
    });

    test("the conversation goes on where it was: its order, its edits, its ids", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const first = await exchange(visitor.store, "first");
      const { conversation } = first;
      const wrong = await exchange(visitor.store, "wrong", { conversation });
      const edited = await exchange(visitor.store, "right", { kind: "edit", target: wrong.message });
      await user.store.adopt(visitor.scope.user, AT);
      const standing = [first.message, first.reply, edited.message, edited.reply];
      expect(await idsIn(user.store, conversation)).toEqual(standing);

      const fourth = await exchange(user.store, "more", { conversation });
      expect(await idsIn(user.store, conversation)).toEqual([...standing, fourth.message, fourth.reply]);
      const again = await exchange(user.store, "again", { kind: "regenerate", target: edited.message });
      expect(await idsIn(user.store, conversation)).toEqual([
        first.message,
        first.reply,
        edited.message,
        again.reply,
      ]);
      const context = await user.store.context(conversation, again.position, 20);
      expect(context.map(({ id }) => id)).toEqual([first.message, first.reply]);
    });

    test("a client's id stays taken, and where both used one the user's own stands", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const mine = await accepted(user.store, turn("mine", { clientId: "same" }));
      await exchange(visitor.store, "theirs", { clientId: "same" });
      const other = turn("other", { clientId: "only-theirs" });
      const theirs = await accepted(visitor.store, other);
      await visitor.store.endReply(end(theirs.reply));
      await user.store.adopt(visitor.scope.user, AT);
      expect(await user.store.accepted("same")).toMatchObject({ message: mine.message });
      expect(await user.store.accepted("only-theirs")).toMatchObject({ message: theirs.message });
      expect(await user.store.accept(other)).toMatchObject({ outcome: "duplicate", reply: theirs.reply });
      expect(await visitor.store.accepted("only-theirs")).toBeNull();
    });

    test("what is not answered yet ends, and is owed to nobody", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const open = await accepted(visitor.store, turn("open"));
      const waiting = await accepted(visitor.store, turn("waiting", { conversation: open.conversation }));
      await user.store.adopt(visitor.scope.user, AT);
      expect(await user.store.openReplies()).toEqual([]);
      const owed = (await archive().owed()).filter(({ user: owner }) =>
        [visitor.scope.user, user.scope.user].includes(owner),
      );
      expect(owed).toEqual([]);
      const page = await user.store.messages(open.conversation, { limit: 10 });
      expect(page?.messages.map(({ id, status }) => [id, status])).toEqual([
        [open.message, undefined],
        [open.reply, "interrupted"],
        [waiting.message, undefined],
        [waiting.reply, "interrupted"],
      ]);
      expect(await user.store.endReply(end(open.reply))).toBe(false);
      expect(await visitor.store.endReply(end(open.reply))).toBe(false);
    });

    test("a long text passes whole, and what was cleared stays cleared", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const long = "wörds ".repeat(60_000);
      const kept = await accepted(visitor.store, turn("long"));
      await visitor.store.endReply(end(kept.reply, { content: long }));
      const cleared = await exchange(visitor.store, "secret", { newConversation: "to-clear" });
      await visitor.store.createConversation("cleared", AT);
      await exchange(visitor.store, "gone", { conversation: "cleared" });
      await visitor.store.clear("cleared", AT);
      const passed = await user.store.adopt(visitor.scope.user, AT);
      expect(passed).not.toContain("cleared");
      expect(await user.store.messages("cleared", { limit: 10 })).toBeNull();
      const page = await user.store.messages(kept.conversation, { limit: 10 });
      expect(page?.messages.some(({ content }) => content === long)).toBe(true);
      expect(await user.store.conversationOf(cleared.message)).toBe(cleared.conversation);
    });

    test("from a user to themselves nothing passes, and nothing is lost", async () => {
      const user = person("user");
      const said = await exchange(user.store, "mine");
      expect(await user.store.adopt(user.scope.user, AT)).toEqual([]);
      expect(await idsIn(user.store, said.conversation)).toEqual([said.message, said.reply]);
      expect(await user.store.latestConversation()).toBe(said.conversation);
    });

    test("again it passes nothing, nor from whom nobody knows, nor to another tenant", async () => {
      const visitor = person("visitor");
      const user = person("user");
      const said = await exchange(visitor.store, "once");
      const stranger = person("stranger", "another tenant");
      expect(await stranger.store.adopt(visitor.scope.user, AT)).toEqual([]);
      expect(await user.store.adopt(scopeOf("tenant", "anon_nobody").user, AT)).toEqual([]);
      expect(await user.store.adopt(visitor.scope.user, AT)).toEqual([said.conversation]);
      expect(await user.store.adopt(visitor.scope.user, AT)).toEqual([]);
      const second = person("second user");
      expect(await second.store.adopt(visitor.scope.user, AT)).toEqual([]);
      expect(await idsIn(user.store, said.conversation)).toEqual([said.message, said.reply]);
    });
  });
}
