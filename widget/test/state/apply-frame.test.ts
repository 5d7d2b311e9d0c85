import { describe, expect, test } from "@jest/globals";
import type { ServerFrame } from "@parlance/protocol";
import { applyFrame } from "../../src/state/apply-frame.ts";
import { applyOutbox } from "../../src/state/apply-outbox.ts";
import { EMPTY_SNAPSHOT } from "../../src/state/empty-snapshot.ts";
import { ack, after, answer, done, NOW, open, question, queued, ready, short } from "./frames.ts";

const token = (reply: string, seq: number, content: string): ServerFrame => ({
  type: "token",
  reply,
  seq,
  content,
});

describe("ready", () => {
  test("brings the user, what may be done, and the latest messages", () => {
    const shown = after([
      ready({ messages: [question("m1"), answer("r1", "m1", "Hi", "length")], more: true }),
    ]);
    expect(shown).toMatchObject({
      user: { id: "ann", anonymous: false },
      features: ["edit"],
      messageCharacters: 500,
      conversation: "c",
      more: true,
    });
    expect(short(shown)).toEqual(["user: m1 (sent)", "assistant: Hi (length)"]);
    expect(shown.messages[0]?.at).toBe(NOW);
  });

  test("keeps what was not sent yet, behind the list, and drops it where the list has it", () => {
    const unsent = applyOutbox(EMPTY_SNAPSHOT, [queued("mine-1"), queued("mine-2")]);
    const shown = after([ready({ messages: [question("m1", "mine-1", "mine-1")] })], unsent);
    expect(short(shown)).toEqual(["user: mine-1 (sent)", "user: mine-2 (queued)"]);
    expect(shown.messages.map(({ key }) => key)).toEqual(["mine-1", "mine-2"]);
  });

  test("of a growing answer keeps the text that was read, not the list's copy", () => {
    const reading = after([
      ready({ messages: [question("m1"), answer("r1", "m1", "", "streaming")], replies: [open("r1", "m1")] }),
      token("r1", 1, "Once "),
    ]);
    const list = [question("m1"), answer("r1", "m1", "Once upon a time", "streaming")];
    expect(short(after([ready({ messages: list, replies: [open("r1", "m1")] })], reading))[1]).toBe(
      "assistant: Once  (streaming)",
    );
    expect(short(after([ready({ messages: list, replies: [open("r1", "m1")] })]))[1]).toBe(
      "assistant:  (streaming)",
    );
    expect(
      short(after([ready({ messages: [question("m1"), answer("r1", "m1", "All.")] })], reading))[1],
    ).toBe("assistant: All. (complete)");
  });

  test("shows a waiting reply that the list does not have, after its question", () => {
    const shown = after([
      ready({
        messages: [question("m1"), question("m2")],
        replies: [open("r1", "m1"), open("r2", "m2", "queued")],
      }),
    ]);
    expect(short(shown)).toEqual([
      "user: m1 (sent)",
      "assistant:  (streaming)",
      "user: m2 (sent)",
      "assistant:  (queued)",
    ]);
    expect(shown.typing).toBe("assistant");
  });

  test("drops what was cut off unseen: before its first message there is nothing", () => {
    const edited = after([
      ready({ messages: [question("m1"), answer("r1", "m1", "One.")] }),
      { type: "message", conversation: "c", message: question("m2") },
    ]);
    expect(edited.messages).toHaveLength(3);
    const shown = after([ready({ messages: [question("m2"), answer("r2", "m2", "Two.")] })], edited);
    expect(shown.messages.map(({ id }) => id)).toEqual(["m2", "r2"]);
  });

  test("keeps older pages that were loaded", () => {
    const loaded = after([
      ready({ messages: [question("m3"), question("m4")], more: true }),
      { type: "history", conversation: "c", messages: [question("m1"), question("m2")], more: false },
    ]);
    const shown = after([ready({ messages: [question("m4"), question("m5")], more: true })], loaded);
    expect(shown.messages.map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4", "m5"]);
    expect(shown.more).toBe(false);
  });

  test("leaves another conversation on the screen", () => {
    const other: ServerFrame = {
      type: "conversation",
      conversation: "older",
      mode: "human",
      messages: [question("m1")],
      more: false,
      replies: [],
    };
    const shown = after([ready(), other, ready({ messages: [question("m9")] })]);
    expect(shown).toMatchObject({ conversation: "older", mode: "human", messages: [{ id: "m1" }] });
  });

  test("of another user shows nothing of the one before", () => {
    const before = after([ready({ messages: [question("secret")] })]);
    const shown = after([ready({ user: { id: "bob", anonymous: false }, conversation: null })], {
      ...before,
      unread: 3,
      conversations: [{ id: "c", title: "t", at: NOW, preview: "p", unread: 1 }],
    });
    expect(shown).toMatchObject({ messages: [], conversations: [], unread: 0, conversation: null });
  });
});

describe("the life of a message", () => {
  const waiting = applyOutbox(after([ready({ conversation: null })]), [queued("q1"), queued("q2")]);

  test("acknowledged, it is sent, and its answer waits directly after it", () => {
    const shown = after([ack("q1", "m1", "r1")], waiting);
    expect(short(shown)).toEqual(["user: q1 (sent)", "assistant:  (queued)", "user: q2 (queued)"]);
    expect(shown.messages.map(({ key }) => key)).toEqual(["q1", "r1", "q2"]);
    expect(shown.conversation).toBe("c");
    expect(after([ack("q1", "m1", "r1")], shown).messages).toEqual(shown.messages);
  });

  test("answers stand after their questions, whatever comes first", () => {
    const shown = after(
      [
        ack("q1", "m1", "r1"),
        ack("q2", "m2", "r2"),
        { type: "typing", conversation: "c", active: true, by: "assistant", reply: "r1", to: "m1" },
        token("r1", 1, "One"),
      ],
      waiting,
    );
    expect(short(shown)).toEqual([
      "user: q1 (sent)",
      "assistant: One (streaming)",
      "user: q2 (sent)",
      "assistant:  (queued)",
    ]);
    expect(shown.typing).toBe("assistant");
  });

  test("the order is the gateway's: what it has stands before all that it does not have", () => {
    const failed = {
      ...queued("q1"),
      delivery: "failed",
      error: { code: "INTERNAL", message: "no" },
    } as const;
    const shown = after([ack("q2", "m2", "r2")], applyOutbox(waiting, [failed, queued("q2")]));
    expect(short(shown)).toEqual(["user: q2 (sent)", "assistant:  (queued)", "user: q1 (failed)"]);
    const other = { type: "message", conversation: "c", message: question("m2", "q2", "q2") } as const;
    expect(short(after([other], waiting))).toEqual(["user: q2 (sent)", "user: q1 (queued)"]);
  });

  test.each([
    ["stop", "complete"],
    ["length", "length"],
    ["cancelled", "cancelled"],
    ["abandoned", "abandoned"],
    ["interrupted", "interrupted"],
    ["error", "error"],
    ["from the future", "error"],
  ] as const)("an end by %s is shown as %s", (reason, progress) => {
    const shown = after(
      [ack("q1", "m1", "r1"), token("r1", 1, "x"), done("r1", "m1", reason as "stop")],
      waiting,
    );
    expect(shown.messages[1]).toMatchObject({ progress, content: "x" });
    expect(shown.messages[1]).not.toHaveProperty("seq");
    expect(shown.typing).toBeNull();
  });

  test("trouble with a reply stands with it, after its end too", () => {
    const trouble = { type: "error", code: "UPSTREAM_ERROR", message: "broke", reply: "r1" } as const;
    const shown = after([ack("q1", "m1", "r1"), trouble, done("r1", "m1", "error")], waiting);
    expect(shown.messages[1]).toMatchObject({
      progress: "error",
      error: { code: "UPSTREAM_ERROR", message: "broke" },
    });
    expect(shown.notice).toBeNull();
  });

  test("a snapshot and a cached answer replace the text", () => {
    const shown = after(
      [
        ack("q1", "m1", "r1"),
        token("r1", 1, "old"),
        { type: "snapshot", reply: "r1", conversation: "c", message: "m1", seq: 2, epoch: 2, content: "new" },
        ack("q2", "m2", "r2"),
        { type: "response", reply: "r2", conversation: "c", content: "cached", cached: true },
      ],
      waiting,
    );
    expect(short(shown).filter((line) => line.startsWith("assistant"))).toEqual([
      "assistant: new (streaming)",
      "assistant: cached (streaming)",
    ]);
  });

  test("a token touches its own message and no other", () => {
    const before = after([ack("q1", "m1", "r1")], waiting);
    const shown = after([token("r1", 1, "x")], before);
    expect(shown.messages[0]).toBe(before.messages[0]);
    expect(shown.messages[2]).toBe(before.messages[2]);
    expect(after([token("elsewhere", 1, "x")], before)).toBe(before);
    expect(
      after([{ type: "token", reply: "r1", seq: 1, content: "x", channel: "thoughts" }], before).messages[1]
        ?.content,
    ).toBe("");
  });

  test("text after the end changes nothing", () => {
    const ended = after([ack("q1", "m1", "r1"), token("r1", 1, "x"), done("r1", "m1")], waiting);
    expect(after([token("r1", 2, "y")], ended)).toBe(ended);
  });
});

describe("other tabs", () => {
  test("what another tab asked appears once, before what waits here, and its answer after it", () => {
    const waiting = applyOutbox(after([ready()]), [queued("mine")]);
    const asked = {
      type: "message",
      conversation: "c",
      message: question("m1", "theirs", "their-id"),
    } as const;
    const shown = after(
      [
        asked,
        asked,
        { type: "typing", conversation: "c", active: true, by: "assistant", reply: "r1", to: "m1" },
        token("r1", 1, "Hi"),
      ],
      waiting,
    );
    expect(short(shown)).toEqual(["user: theirs (sent)", "assistant: Hi (streaming)", "user: mine (queued)"]);
  });

  test("what this tab had queued and another sent is marked as sent in its place", () => {
    const waiting = applyOutbox(after([ready()]), [queued("shared"), queued("mine")]);
    const shown = after(
      [{ type: "message", conversation: "c", message: question("m1", "shared", "shared") }],
      waiting,
    );
    expect(short(shown)).toEqual(["user: shared (sent)", "user: mine (queued)"]);
  });

  test("a conversation of another tab becomes this one's where there is none yet, and not otherwise", () => {
    const elsewhere = { type: "message", conversation: "x", message: question("m1") } as const;
    expect(after([ready({ conversation: null }), elsewhere])).toMatchObject({ conversation: "x" });
    expect(after([ready(), elsewhere]).messages).toEqual([]);
  });

  test("typing is shown until it ends", () => {
    const typing = { type: "typing", conversation: "c", by: "agent" } as const;
    const shown = after([ready(), { ...typing, active: true }]);
    expect(shown.typing).toBe("agent");
    expect(after([{ ...typing, by: "user", active: false }], shown).typing).toBe("agent");
    expect(after([{ ...typing, active: false }], shown).typing).toBeNull();
    expect(after([{ ...typing, conversation: "x", active: true }], after([ready()])).typing).toBeNull();
  });
});

describe("what concerns no message", () => {
  test("an error without ref or reply is a notice; one with a ref is for who asked", () => {
    const trouble = { type: "error", code: "INTERNAL", message: "later", retryAfter: 3 } as const;
    expect(after([trouble]).notice).toEqual({ code: "INTERNAL", message: "later", retryAfter: 3 });
    expect(after([{ ...trouble, ref: "q" }]).notice).toBeNull();
  });

  test("the list of conversations replaces the former", () => {
    const item = { id: "c", title: "Shoes", at: "2026-01-01T00:00:00Z", preview: "…", unread: 2 };
    const shown = after([{ type: "conversations", conversations: [item], next: null, more: false }]);
    expect(shown.conversations).toEqual([{ ...item, at: NOW }]);
  });

  test.each(["ok", "pong", "goaway", "from-the-future"])("%s changes nothing", (type) => {
    const frame = { type, reconnectIn: 1, reason: "restart" } as unknown as ServerFrame;
    expect(applyFrame(EMPTY_SNAPSHOT, frame, NOW)).toBe(EMPTY_SNAPSHOT);
  });
});

describe("the outbox", () => {
  test("shows what waits, how it stands, and takes away what was discarded", () => {
    const shown = applyOutbox(EMPTY_SNAPSHOT, [queued("a"), queued("b")]);
    expect(short(shown)).toEqual(["user: a (queued)", "user: b (queued)"]);
    const error = { code: "RATE_LIMITED", message: "slow down" } as const;
    const failed = applyOutbox(shown, [{ ...queued("a"), delivery: "failed", error }, queued("b")]);
    expect(failed.messages[0]).toMatchObject({ key: "a", delivery: "failed", error });
    expect(failed.messages[1]).toBe(shown.messages[1]);
    expect(short(applyOutbox(failed, [queued("b")]))).toEqual(["user: b (queued)"]);
    expect(applyOutbox(failed, [{ ...queued("a"), delivery: "failed", error }, queued("b")])).toBe(failed);
  });

  test("does not show what is for another conversation", () => {
    const shown = applyOutbox(after([ready()]), [{ ...queued("a"), conversation: "x" }]);
    expect(shown.messages).toEqual([]);
  });
});
