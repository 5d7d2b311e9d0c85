import { describe, expect, test } from "@jest/globals";
import type { OpenReply } from "@parlance/protocol";
import { watchForPage } from "../../src/page-events.ts";
import { createChatStore } from "../../src/state/store.ts";
import type { FakeReply } from "./fake-reply.ts";
import { makeClient, makeLiveClient, type Setup } from "./setup.ts";

/** How whoever has yet to hear of an answer's end lists it. */
const listedLate = ({ id, conversation, message }: FakeReply): OpenReply => {
  return { reply: id, conversation, message, seq: 4, epoch: 1, state: "streaming" };
};

/** A live client in the middle of an answer of ten chunks, four of which it has read. */
async function midAnswer(): Promise<Setup & { reply: FakeReply }> {
  const setup = await makeLiveClient();
  const { gateway, client } = setup;
  gateway.isHeld = true;
  gateway.answer = () => Array.from({ length: 10 }, (_, index) => `${index} `);
  client.send("Count");
  await gateway.clock.advance(0);
  const reply = gateway.lastReply();
  gateway.stream(reply, 4);
  await gateway.clock.advance(0);
  return { ...setup, reply };
}

describe("an answer that was cut off", () => {
  test("goes on from where it stood, without a seam", async () => {
    const { gateway, reply, text } = await midAnswer();
    gateway.socket.drop();
    gateway.stream(reply, 3);
    await gateway.clock.advance(1_000);
    expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 4 }]);
    expect(text(reply.id)).toBe("0 1 2 3 4 5 6 ");
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("0 1 2 3 4 5 6 7 8 9 ");
  });

  test("and ended meanwhile needs no resume where the list has it all", async () => {
    const { gateway, reply } = await midAnswer();
    gateway.socket.drop();
    gateway.finish(reply);
    await gateway.clock.advance(1_000);
    expect(gateway.socket.sent("resume")).toEqual([]);
  });

  test("and ended meanwhile in another conversation is read to its end", async () => {
    const { gateway, reply, text, frames } = await midAnswer();
    gateway.socket.drop();
    gateway.finish(reply);
    gateway.messages.length = 0;
    gateway.conversation = "another";
    await gateway.clock.advance(1_000);
    expect(text(reply.id)).toBe(reply.text);
    expect(frames.filter(({ type }) => type === "done")).toHaveLength(1);
  });

  test("and is listed as open though its end was told here is read anew, as what is shown begins anew", async () => {
    const { gateway, client, reply, frames } = await midAnswer();
    const store = createChatStore({ client, now: gateway.clock.now, timers: gateway.clock });
    const told: (readonly [string, unknown])[] = [];
    const stop = watchForPage(store, (...event) => told.push(event));
    gateway.finish(reply);
    await gateway.clock.advance(0);
    // Another instance, which has yet to hear of the end.
    Object.assign(gateway, { openReplies: () => [listedLate(reply)] });
    gateway.socket.drop();
    await gateway.clock.advance(1_000);
    const shown = store.snapshot.value.messages.at(-1);
    expect(shown).toMatchObject({ content: reply.text, progress: "complete" });
    expect(frames.filter(({ type }) => type === "done")).toHaveLength(2);
    expect(store.snapshot.value.unread).toBe(1);
    expect(told.filter(([name]) => name === "reply")).toHaveLength(1);
    stop();
    store.dispose();
  });

  test("is read from its start after a reload", async () => {
    const { gateway, reply, client } = await midAnswer();
    client.destroy();
    const reloaded = makeClient({}, gateway);
    await gateway.until(reloaded.client.connect());
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 0 }]);
    expect(reloaded.text(reply.id)).toBe("0 1 2 3 ");
  });

  test("that the gateway no longer knows is told as lost, with its id", async () => {
    const { gateway, reply, frames } = await midAnswer();
    gateway.socket.drop();
    gateway.replies.clear();
    await gateway.clock.advance(1_000);
    expect(frames.at(-1)).toMatchObject({ type: "error", code: "NOT_FOUND", reply: reply.id });
  });
});

describe("frames that do not fit", () => {
  test("a gap is caught up from what is held, by one resume", async () => {
    const { gateway, reply, text } = await midAnswer();
    gateway.socket.attached.delete(reply.id);
    gateway.stream(reply, 2);
    gateway.socket.attached.add(reply.id);
    gateway.stream(reply, 3);
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 4 }]);
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe(reply.text);
  });

  test("an end that comes before the text waits for it", async () => {
    const { gateway, reply, text, frames } = await midAnswer();
    gateway.socket.attached.delete(reply.id);
    gateway.stream(reply, 6);
    gateway.socket.attached.add(reply.id);
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe(reply.text);
    expect(frames.map(({ type }) => type).filter((type) => type === "done")).toHaveLength(1);
    expect(frames.at(-1)?.type).toBe("done");
  });

  test("doubles are dropped, and pieces cut anew lose what is held of them", async () => {
    const { gateway, reply, text } = await midAnswer();
    gateway.socket.push(reply.token(2, 3));
    gateway.socket.push(reply.token(0, 4));
    reply.written = 8;
    gateway.socket.push(reply.token(2, 8));
    gateway.finish(reply);
    gateway.socket.push(reply.token(8, 10));
    gateway.socket.push(reply.done());
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("0 1 2 3 4 5 6 7 8 9 ");
    expect(gateway.socket.sent("resume")).toEqual([]);
  });

  test("text on another channel counts and is no text", async () => {
    const { gateway, reply, text } = await midAnswer();
    reply.chunks[4] = "";
    reply.written = 5;
    gateway.socket.push({ type: "token", reply: reply.id, seq: 5, content: "thinking", channel: "thoughts" });
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("0 1 2 3 5 6 7 8 9 ");
  });

  test("a resume refused for now is asked for again at the next gap", async () => {
    const { gateway, reply, text } = await midAnswer();
    let refusals = 1;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "resume" || refusals-- <= 0) return false;
      socket.push({ type: "error", code: "INTERNAL", message: "later", ref: frame.id });
      return true;
    };
    gateway.socket.push(reply.token(5, 6));
    await gateway.clock.advance(0);
    reply.written = 6;
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe(reply.text);
  });
});

describe("a take-over", () => {
  test("replaces what is held, and drops what the former owner still sends", async () => {
    const { gateway, reply, text, frames } = await midAnswer();
    const late = reply.token(4, 6);
    gateway.takeOver(reply, ["anew ", "and ", "better"], 1);
    gateway.socket.push(late);
    gateway.socket.push({ ...late, epoch: 1, seq: 2, n: 1 });
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("anew and better");
    expect(frames.at(-1)).toMatchObject({ type: "done", epoch: 2 });
  });

  test("that was missed is seen by its epoch", async () => {
    const { gateway, reply, text } = await midAnswer();
    gateway.socket.attached.delete(reply.id);
    gateway.takeOver(reply, ["a", "b", "c", "d", "e", "f"], 4);
    gateway.socket.attached.add(reply.id);
    gateway.stream(reply, 1);
    await gateway.clock.advance(0);
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("abcdef");
  });

  test("while away is told by the epoch in the resume", async () => {
    const { gateway, reply, text } = await midAnswer();
    gateway.takeOver(reply, ["x ", "y ", "z "], 1);
    await gateway.clock.advance(0);
    gateway.socket.drop();
    gateway.takeOver(reply, ["1 ", "2 ", "3 "], 2);
    await gateway.clock.advance(1_000);
    expect(gateway.socket.sent("resume")).toMatchObject([{ after: 1, epoch: 2 }]);
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe("1 2 3 ");
  });
});

test("an answer from the cache is whole at once, and counts as one chunk", async () => {
  const { gateway, client, text, frames } = await makeLiveClient();
  gateway.isHeld = true;
  gateway.answer = () => ["from the cache"];
  client.send("Again");
  await gateway.clock.advance(0);
  const reply = gateway.lastReply();
  const { id, conversation } = reply;
  const response = {
    type: "response",
    reply: id,
    conversation,
    content: "from the cache",
    cached: true,
  } as const;
  gateway.socket.push(response);
  gateway.socket.push(response);
  reply.written = 1;
  gateway.finish(reply);
  await gateway.clock.advance(0);
  expect(text(id)).toBe("from the cache");
  expect(frames.filter(({ type }) => type === "response")).toHaveLength(1);
  expect(gateway.socket.sent("resume")).toEqual([]);
});

test("a conversation that is opened reads its running answers from their start", async () => {
  const { gateway, client, reply } = await midAnswer();
  await gateway.until(client.open(reply.conversation));
  await gateway.clock.advance(0);
  expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 0 }]);
});

test("a conversation that is opened from before an answer's end was told reads that answer once more", async () => {
  const { gateway, client, reply } = await midAnswer();
  const store = createChatStore({ client, now: gateway.clock.now, timers: gateway.clock });
  gateway.finish(reply);
  await gateway.clock.advance(0);
  Object.assign(gateway, { openReplies: () => [listedLate(reply)] });
  await gateway.until(store.actions.openConversation(reply.conversation));
  await gateway.clock.advance(0);
  expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 0 }]);
  expect(store.snapshot.value.messages.at(-1)).toMatchObject({ content: reply.text, progress: "complete" });
  store.dispose();
});
