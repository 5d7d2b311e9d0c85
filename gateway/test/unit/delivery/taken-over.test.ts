import { describe, expect, test } from "@jest/globals";
import { finish, newReader, newReply } from "./reading.ts";

const START = { after: 0, snapshot: false };

describe("a reply that another instance goes on with", () => {
  test("begun anew, it sends a snapshot to whom it has told something, and to whom holds something already", () => {
    const point = { told: START, ahead: { after: 7, snapshot: false }, untold: START };
    const sent = Object.entries(point).map(([who, from]) => {
      const reply = newReply();
      const { socket, outbox } = newReader();
      outbox.attach(reply, from);
      if (who === "told") reply.start();
      reply.append("lost");
      const before = socket.frames.length;
      reply.restart(2, "another");
      reply.copy(0, ["a", "b"]);
      return socket.frames.slice(before).filter(({ type }) => type !== "typing");
    });
    const snapshot = expect.objectContaining({ type: "snapshot", epoch: 2, seq: 0, content: "" });
    const text = expect.objectContaining({ type: "token", epoch: 2, seq: 2, n: 2, content: "ab" });
    expect(sent).toEqual([[snapshot, text], [snapshot, text], [text]]);
  });

  test("gone on with, it sends what is kept as the snapshot, whole to who comes then, and counts on from there", () => {
    const reply = newReply();
    const { socket, outbox } = newReader();
    outbox.attach(reply, START);
    reply.start();
    for (const chunk of ["Half ", "an ", "ans", "wer ", "and more"]) reply.append(chunk);
    const before = socket.frames.length;
    const attempt = { model: "model-1", inputTokens: 0 };
    reply.restart(2, null, { text: "Half an answer", seq: 4, attempt });
    expect(reply).toMatchObject({ kept: "Half an answer", attempt, state: "queued" });
    const late = newReader();
    late.outbox.attach(reply, START);
    reply.start();
    reply.append(", whole.");
    finish(reply);
    const [first, ...rest] = socket.frames.slice(before).filter(({ type }) => type !== "typing");
    expect(first).toMatchObject({ type: "snapshot", epoch: 2, seq: 4, content: "Half an answer" });
    expect(rest).toMatchObject([
      { type: "token", epoch: 2, seq: 5, content: ", whole." },
      { type: "done", epoch: 2, seq: 5 },
    ]);
    const texts = late.socket.frames.filter(({ type }) => type === "token");
    expect(texts).toMatchObject([{ seq: 4, n: 4, content: "Half an answer" }, { seq: 5 }]);
  });

  test("begun anew after that, nothing of it is left", () => {
    const reply = newReply();
    reply.restart(2, null, { text: "Half", seq: 1, attempt: { model: "model-1", inputTokens: 0 } });
    reply.restart(3, null);
    expect(reply).toMatchObject({ kept: "", attempt: null, epoch: 3 });
    expect(reply.log.text()).toBe("");
  });

  test("ended by what is stored, it goes on where chunks are known, and is sent whole to who comes in between", () => {
    const reply = newReply();
    reply.start();
    for (const chunk of ["He", "llo"]) reply.append(chunk);
    const live = newReader();
    live.outbox.attach(reply, { after: 2, snapshot: false });
    reply.complete("Hello 🎉 you", 6);
    finish(reply);
    expect(live.socket.frames.find(({ type }) => type === "token")).toMatchObject({
      seq: 6,
      n: 4,
      content: " 🎉 you",
    });
    for (const after of [3, 4, 5]) {
      const { socket, outbox } = newReader();
      outbox.attach(reply, { after, snapshot: false });
      expect(socket.frames[0]).toMatchObject({ type: "snapshot", seq: 6, content: "Hello 🎉 you" });
      expect(socket.frames.at(-1)).toMatchObject({ type: "done", seq: 6 });
    }
    const whole = newReader();
    whole.outbox.attach(reply, { after: 6, snapshot: false });
    expect(whole.socket.frames.map(({ type }) => type)).toEqual(["typing", "done"]);
  });
});
