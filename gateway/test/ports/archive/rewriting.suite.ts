import { describe, expect, test } from "@jest/globals";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, exchange, idsIn, turn } from "./turns.ts";

/** Edit and regenerate: what follows leaves the history and is cancelled. */
export function rewritingSuite({ newUser }: ArchiveUnderTest): void {
  describe("rewriting a conversation", () => {
    test("an edit replaces the question and all after it, and takes the next place", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const two = await exchange(user, "two");
      const three = await accepted(user, turn("three"));
      const request = turn("two, edited", { kind: "edit", target: two.message });
      expect(await user.accept(request)).toEqual({
        outcome: "accepted",
        conversation: one.conversation,
        message: request.message,
        reply: request.reply,
        position: 4,
        superseded: [three.reply],
        truncatedAfter: one.reply,
      });
      const standing = [one.message, one.reply, request.message, request.reply];
      expect(await idsIn(user, one.conversation)).toEqual(standing);
      expect((await user.openReplies()).map(({ reply, kind }) => [reply, kind])).toEqual([
        [three.reply, "message"],
        [request.reply, "edit"],
      ]);
    });

    test("an edit of the first question leaves nothing before it", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const result = await accepted(user, turn("one, edited", { kind: "edit", target: one.message }));
      expect(result.truncatedAfter).toBeNull();
      expect(await idsIn(user, one.conversation)).toEqual([result.message, result.reply]);
    });

    test("a regenerate keeps the question, replaces its answer and drops what follows", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const two = await accepted(user, turn("two"));
      const request = turn("", { kind: "regenerate", target: one.message });
      expect(await user.accept(request)).toEqual({
        outcome: "accepted",
        conversation: one.conversation,
        message: one.message,
        reply: request.reply,
        position: one.position,
        superseded: [two.reply],
        truncatedAfter: one.message,
      });
      expect(await idsIn(user, one.conversation)).toEqual([one.message, request.reply]);
      expect(await user.replyTo(one.message)).toBe(request.reply);
      expect(await user.replyTo(request.clientId)).toBe(request.reply);
      const next = await exchange(user, "next");
      expect(await idsIn(user, one.conversation)).toEqual([
        one.message,
        request.reply,
        next.message,
        next.reply,
      ]);
    });

    test("a superseded reply stays owed until it is ended, and its text comes into no list", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      const again = await accepted(user, turn("", { kind: "regenerate", target: one.message }));
      expect(again.superseded).toEqual([one.reply]);
      expect((await user.openReplies()).map(({ reply }) => reply)).toEqual([one.reply, again.reply]);
      expect(await user.conversationOf(one.reply)).toBeNull();
      expect(await user.conversationOf(again.reply)).toBe(one.conversation);
      expect(await user.endReply(end(one.reply, { reason: "cancelled" }))).toBe(true);
      expect(await user.reply(one.reply)).toMatchObject({ state: "ended", end: { reason: "cancelled" } });
      expect(await idsIn(user, one.conversation)).toEqual([one.message, again.reply]);
      expect(await user.rate(one.reply, "up", undefined, 1)).toBe(false);
      expect(await user.conversationOf(one.reply)).toBeNull();
    });

    test("the end of a superseded reply is no change of its conversation", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      const again = await accepted(user, turn("", { kind: "regenerate", target: one.message, at: 5 }));
      await user.createConversation("later", 6);
      await user.endReply(end(one.reply, { reason: "cancelled", at: 7 }));
      expect(await user.latestConversation()).toBe("later");
      expect((await user.conversations({ limit: 5 })).conversations).toMatchObject([
        { id: one.conversation, at: 5, preview: "one" },
      ]);
      await user.endReply(end(again.reply, { at: 8 }));
      expect(await user.latestConversation()).toBe(one.conversation);
    });

    test("what is superseded does not count against the limit", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one", { openLimit: 2 }));
      const two = await accepted(user, turn("two", { openLimit: 2 }));
      const edit = turn("two, edited", { kind: "edit", target: two.message, openLimit: 2 });
      expect(await user.accept({ ...edit, openLimit: 1 })).toEqual({ outcome: "full" });
      await accepted(user, edit);
      await accepted(user, turn("", { kind: "regenerate", target: one.message, openLimit: 1 }));
      expect(await user.openReplies()).toHaveLength(4);
    });

    test("only the user's own live questions can be rewritten", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const two = await exchange(user, "two");
      await user.push(one.conversation, { id: "pushed", role: "user", content: "by another", at: 1 });
      await accepted(user, turn("two, edited", { kind: "edit", target: two.message }));
      const notFound = { outcome: "not-found" };
      for (const kind of ["edit", "regenerate"] as const) {
        for (const target of [one.reply, two.message, "pushed", "unknown"]) {
          expect(await user.accept(turn("again", { kind, target }))).toEqual(notFound);
        }
        expect(await newUser().accept(turn("theirs", { kind, target: one.message }))).toEqual(notFound);
      }
      await user.clear(one.conversation, 2);
      expect(await user.accept(turn("late", { kind: "edit", target: one.message }))).toEqual(notFound);
    });

    test("an edit sent twice at once is one edit", async () => {
      const user = newUser();
      const one = await exchange(user, "one");
      const request = turn("one, edited", { kind: "edit", target: one.message });
      const twin = {
        ...turn("one, edited", { kind: "edit", target: one.message }),
        clientId: request.clientId,
      };
      const results = await Promise.all([user.accept(request), user.accept(twin)]);
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(["accepted", "duplicate"]);
      expect(await idsIn(user, one.conversation)).toHaveLength(2);
    });
  });
}
