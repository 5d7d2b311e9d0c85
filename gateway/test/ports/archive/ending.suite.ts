import { describe, expect, test } from "@jest/globals";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, exchange, turn } from "./turns.ts";

/** Replies: owed until the first end, which wins. */
export function endingSuite({ archive, newUser }: ArchiveUnderTest): void {
  describe("ending a reply", () => {
    test("the end becomes the answer, behind its question", async () => {
      const user = newUser();
      const request = turn("question");
      const { conversation, message, reply } = await accepted(user, request);
      const ending = end(reply, { conversation, usage: { ...end(reply).usage, estimated: true } });
      expect(await user.endReply(ending)).toBe(true);
      expect(await user.messages(conversation, { limit: 10 })).toEqual({
        more: false,
        messages: [
          {
            id: message,
            clientId: request.clientId,
            role: "user",
            position: 1,
            content: "question",
            at: request.at,
          },
          {
            id: reply,
            role: "assistant",
            position: 1,
            content: ending.content,
            at: ending.at,
            to: message,
            model: ending.model,
            usage: ending.usage,
          },
        ],
      });
      expect(await user.openReplies()).toEqual([]);
    });

    test("of two ends at once one is true, and the first one stands", async () => {
      const user = newUser();
      const { conversation, reply } = await accepted(user, turn("question"));
      const ends = [
        user.endReply(end(reply, { reason: "cancelled", content: "first" })),
        user.endReply(end(reply, { reason: "stop", content: "second" })),
      ];
      expect((await Promise.all(ends)).sort()).toEqual([false, true]);
      const [, answer] = (await user.messages(conversation, { limit: 2 }))?.messages ?? [];
      const state = await user.reply(reply);
      expect(state?.state === "ended" && state.end.content).toBe(answer?.content);
      expect(await user.endReply(end(reply, { content: "late" }))).toBe(false);
      expect(await user.reply(reply)).toEqual(state);
    });

    test.each(["length", "cancelled", "abandoned", "error", "interrupted"] as const)(
      "an end as %s is the answer's status and stays resumable",
      async (reason) => {
        const user = newUser();
        const { conversation, message, reply } = await accepted(user, turn("question"));
        const ending = end(reply, { conversation, reason, seq: 7, epoch: 2, content: "so f" });
        await user.endReply(ending);
        const page = await user.messages(conversation, { limit: 1 });
        expect(page?.messages[0]).toMatchObject({ id: reply, status: reason, content: "so f" });
        expect(await user.reply(reply)).toEqual({ state: "ended", conversation, message, end: ending });
      },
    );

    test("a reply is open until then, and unknown ids, questions and other users' are none", async () => {
      const user = newUser();
      const { reply, message } = await accepted(user, turn("question"));
      const [owed] = await user.openReplies();
      expect(await user.reply(reply)).toEqual({ state: "open", owed });
      expect(await user.reply(message)).toBeNull();
      expect(await user.reply("unknown")).toBeNull();
      expect(await newUser().reply(reply)).toBeNull();
      expect(await user.endReply(end("unknown"))).toBe(false);
      expect(await newUser().endReply(end(reply))).toBe(false);
      expect(await user.openReplies()).toHaveLength(1);
    });

    test("a new owner raises an open reply's epoch, and who was overtaken ends nothing", async () => {
      const user = newUser();
      const { conversation, reply } = await accepted(user, turn("question"));
      expect(await user.raiseEpoch(reply, 3)).toBe(true);
      expect(await user.raiseEpoch(reply, 3)).toBe(false);
      expect(await user.raiseEpoch(reply, 2)).toBe(false);
      expect((await user.openReplies()).map(({ epoch }) => epoch)).toEqual([3]);
      expect((await archive().owed()).find((owed) => owed.reply === reply)?.epoch).toBe(3);
      expect(await user.endReply(end(reply, { conversation, epoch: 2, content: "overtaken" }))).toBe(false);
      expect(await user.reply(reply)).toMatchObject({ state: "open", owed: { epoch: 3 } });
      const ending = end(reply, { conversation, epoch: 3, content: "of the new owner" });
      expect(await user.endReply(ending)).toBe(true);
      expect(await user.raiseEpoch(reply, 9)).toBe(false);
      expect(await user.reply(reply)).toMatchObject({ state: "ended", end: ending });
    });

    test("of many owners that raise at once each gets a higher epoch or none, and the highest stands", async () => {
      const user = newUser();
      const { reply } = await accepted(user, turn("question"));
      const epochs = [5, 2, 9, 9, 4, 1, 7];
      const raised = await Promise.all(epochs.map((epoch) => user.raiseEpoch(reply, epoch)));
      expect(raised.filter((each, index) => each && epochs[index] === 9)).toHaveLength(1);
      expect(raised[epochs.indexOf(1)]).toBe(false);
      expect((await user.openReplies()).map(({ epoch }) => epoch)).toEqual([9]);
    });

    test("nobody raises the epoch of what is unknown, a question or another user's, and no other reply's with it", async () => {
      const user = newUser();
      const one = await accepted(user, turn("one"));
      const two = await accepted(user, turn("two"));
      expect(await user.raiseEpoch("unknown", 2)).toBe(false);
      expect(await user.raiseEpoch(one.message, 2)).toBe(false);
      expect(await newUser().raiseEpoch(one.reply, 2)).toBe(false);
      expect(await user.raiseEpoch(two.reply, 2)).toBe(true);
      expect((await user.openReplies()).map(({ epoch }) => epoch)).toEqual([1, 2]);
    });

    test("a reply is found by its question's id and by its client's", async () => {
      const user = newUser();
      const request = turn("question");
      const { message, reply } = await accepted(user, request);
      expect(await user.replyTo(message)).toBe(reply);
      expect(await user.replyTo(request.clientId)).toBe(reply);
      expect(await user.replyTo(reply)).toBeNull();
      expect(await user.replyTo("unknown")).toBeNull();
    });

    test("what is owed is told oldest first, over all users, and by conversation", async () => {
      const users = [newUser(), newUser()] as const;
      const one = await accepted(users[0], turn("one"));
      const two = await accepted(users[1], turn("two"));
      await exchange(users[1], "answered", { conversation: two.conversation });
      await users[0].createConversation("second", 1);
      const three = await accepted(users[0], turn("three", { conversation: "second" }));
      const wanted = [one.reply, two.reply, three.reply];
      const owed = (await archive().owed()).filter(({ reply }) => wanted.includes(reply));
      expect(owed.map(({ reply }) => reply)).toEqual(wanted);
      expect(owed[0]).toEqual((await users[0].openReplies(one.conversation))[0]);
      expect((await users[0].openReplies()).map(({ reply }) => reply)).toEqual([one.reply, three.reply]);
      expect((await users[0].openReplies("second")).map(({ reply }) => reply)).toEqual([three.reply]);
      expect(await users[0].openReplies("unknown")).toEqual([]);
    });
  });
}
