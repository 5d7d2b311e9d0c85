import { describe, expect, test } from "@jest/globals";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, idsIn, turn } from "./turns.ts";

/** Questions: stored once, in order, with a reply owed. */
export function acceptingSuite({ newUser }: ArchiveUnderTest): void {
  describe("accepting a question", () => {
    test("given a user without conversations, a question makes one and owes a reply", async () => {
      const user = newUser();
      const request = turn("hello", { newConversation: "first" });
      expect(await user.accept(request)).toEqual({
        outcome: "accepted",
        conversation: "first",
        message: request.message,
        reply: request.reply,
        position: 1,
        superseded: [],
      });
      expect(await user.openReplies()).toEqual([
        expect.objectContaining({
          conversation: "first",
          reply: request.reply,
          message: request.message,
          position: 1,
          epoch: 1,
          kind: "message",
          at: request.at,
        }),
      ]);
    });

    test("without a conversation, a question goes to the one that changed last", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      await user.createConversation("other", 1);
      const two = await accepted(user, turn("two", { conversation: "other" }));
      await user.endReply(end(one.reply));
      const three = await accepted(user, turn("three"));
      expect([two.conversation, three.conversation]).toEqual(["other", one.conversation]);
    });

    test("a named conversation that is not there, or was cleared, is not found and nothing is stored", async () => {
      const user = newUser();
      const request = turn("lost", { conversation: "nowhere" });
      expect(await user.accept(request)).toEqual({ outcome: "not-found" });
      expect(await user.accepted(request.clientId)).toBeNull();
      const { conversation } = await accepted(user, turn("one"));
      await user.clear(conversation, 2);
      expect(await user.accept(turn("two", { conversation }))).toEqual({ outcome: "not-found" });
      expect(await user.openReplies()).toHaveLength(1);
    });

    test("the same id with the same content is the same message, after its end and after a clear too", async () => {
      const user = newUser();
      const request = turn("once");
      const { conversation, message, reply } = await accepted(user, request);
      const again = { ...turn("once"), clientId: request.clientId };
      const duplicate = { outcome: "duplicate", conversation, message, reply };
      expect(await user.accept(again)).toEqual(duplicate);
      await user.endReply(end(reply));
      expect(await user.accept(again)).toEqual(duplicate);
      await user.clear(conversation, 2);
      expect(await user.accept(again)).toEqual(duplicate);
      expect(await user.accepted(request.clientId)).toEqual({
        conversation,
        message,
        reply,
        digest: request.digest,
      });
    });

    test("the same id with other content is a conflict and changes nothing", async () => {
      const user = newUser();
      const request = turn("this");
      const { conversation, message, reply } = await accepted(user, request);
      expect(await user.accept({ ...turn("that"), clientId: request.clientId })).toEqual({
        outcome: "conflict",
      });
      expect(await idsIn(user, conversation)).toEqual([message, reply]);
    });

    test("of 200 duplicates sent at once exactly one is accepted", async () => {
      const user = newUser();
      const { clientId } = turn("race");
      const results = await Promise.all(
        Array.from({ length: 200 }, () => user.accept({ ...turn("race"), clientId })),
      );
      const winners = results.filter(({ outcome }) => outcome === "accepted");
      expect(winners).toHaveLength(1);
      expect(new Set(results.map((result) => ("reply" in result ? result.reply : null))).size).toBe(1);
      expect(results.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(199);
      expect(await user.openReplies()).toHaveLength(1);
    });

    test("as many replies may be open in a conversation as the limit says, and ends make room", async () => {
      const user = newUser();
      const { conversation, reply } = await accepted(user, turn("one", { openLimit: 2 }));
      await accepted(user, turn("two", { conversation, openLimit: 2 }));
      const third = turn("three", { conversation, openLimit: 2 });
      expect(await user.accept(third)).toEqual({ outcome: "full" });
      expect(await user.accepted(third.clientId)).toBeNull();
      await user.createConversation("elsewhere", 3);
      await accepted(user, turn("other", { conversation: "elsewhere", openLimit: 2 }));
      await user.endReply(end(reply));
      expect((await accepted(user, third)).position).toBe(3);
    });

    test("texts come back to the last character", async () => {
      const user = newUser();
      const content = "\u0000 'quote' \"double\" \\ 🙂 \u2028 %_ \r\n\t end\u0000";
      const { conversation, reply } = await accepted(user, turn(content));
      await user.endReply(end(reply, { content: `${content}${content}` }));
      const page = await user.messages(conversation, { limit: 2 });
      expect(page?.messages.map((message) => message.content)).toEqual([content, content + content]);
    });
  });
}
