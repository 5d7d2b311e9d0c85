import { describe, expect, test } from "@jest/globals";
import type { ServerFrame } from "@parlance/protocol";
import { applyEdit, applyOutbox } from "../../src/state/apply-outbox.ts";
import { ack, after, answer, NOW, question, queued, ready, short } from "./frames.ts";

describe("what changes the past", () => {
  const conversation = after([
    ready({
      messages: [question("m1"), answer("r1", "m1", "one"), question("m2"), answer("r2", "m2", "two")],
    }),
  ]);

  test("regenerate: what follows the question goes, the new answer stands after it", () => {
    const truncate: ServerFrame = { type: "truncate", conversation: "c", after: "m2", ref: "again" };
    const acknowledged = ack("again", "m2", "r3");
    const expected = [
      "user: m1 (sent)",
      "assistant: one (complete)",
      "user: m2 (sent)",
      "assistant:  (queued)",
    ];
    expect(short(after([truncate, acknowledged], conversation))).toEqual(expected);
    expect(short(after([acknowledged, truncate], conversation))).toEqual(expected);
  });

  test("edit: the new text stands in the place of the old, with its answer", () => {
    const truncate: ServerFrame = { type: "truncate", conversation: "c", after: "r1", ref: "edit" };
    const edit = { request: "edit", message: "m3", content: "better", at: NOW };
    const expected = [
      "user: m1 (sent)",
      "assistant: one (complete)",
      "user: better (sent)",
      "assistant:  (queued)",
    ];
    const first = after([truncate], conversation);
    expect(short(after([ack("edit", "m3", "r3")], applyEdit(first, edit)))).toEqual(expected);
    const late = after([ack("edit", "m3", "r3")], applyEdit(conversation, edit));
    expect(short(after([truncate], late))).toEqual(expected);
  });

  test("edit in place: a gateway that keeps the message's id", () => {
    const truncated = after(
      [{ type: "truncate", conversation: "c", after: "m2", ref: "edit" }],
      conversation,
    );
    const edited = applyEdit(truncated, { request: "edit", message: "m2", content: "better", at: NOW });
    expect(short(after([ack("edit", "m2", "r3")], edited)).slice(2)).toEqual([
      "user: better (sent)",
      "assistant:  (queued)",
    ]);
  });

  test("truncate keeps what was not sent yet, and what another conversation holds", () => {
    const waiting = applyOutbox(conversation, [queued("later")]);
    expect(short(after([{ type: "truncate", conversation: "c", after: null }], waiting))).toEqual([
      "user: later (queued)",
    ]);
    expect(after([{ type: "truncate", conversation: "x", after: null }], waiting)).toBe(waiting);
  });

  test("cleared: nothing is left of it", () => {
    const listed = {
      ...conversation,
      conversations: [{ id: "c", title: "", at: 0, preview: "", unread: 0 }],
    };
    expect(after([{ type: "cleared", conversation: "c" }], listed)).toMatchObject({
      conversation: null,
      messages: [],
      conversations: [],
    });
    expect(after([{ type: "cleared", conversation: "x" }], listed).messages).toHaveLength(4);
  });

  test("history comes before, without doubles", () => {
    const shown = after(
      [{ type: "history", conversation: "c", messages: [question("m0"), question("m1")], more: true }],
      conversation,
    );
    expect(shown.messages.map(({ id }) => id)).toEqual(["m0", "m1", "r1", "m2", "r2"]);
    expect(shown.more).toBe(true);
  });
});
