import { describe, expect, test } from "@jest/globals";
import { effect } from "@preact/signals";
import { makeStore, shown } from "./setup.ts";

describe("text on the screen", () => {
  test("at 80 tokens a second changes at once, then at most 20 times a second, and is whole at the end", async () => {
    const live = await makeStore();
    const { gateway, store } = live;
    const { clock } = gateway;
    gateway.isHeld = true;
    gateway.answer = () => Array.from({ length: 160 }, (_, index) => `${index} `);
    store.actions.send("Count");
    await clock.advance(0);
    const reply = gateway.lastReply();
    const texts: string[] = [];
    const stop = effect(() => {
      texts.push(store.contentOf(reply.id).value);
    });
    gateway.stream(reply, 1);
    await clock.advance(0);
    expect(texts).toEqual(["", "0 "]);
    for (let count = 1; count < 160; count++) {
      await clock.advance(12.5);
      gateway.stream(reply, 1);
    }
    await clock.advance(0);
    expect(texts.length).toBeGreaterThan(35);
    expect(texts.length).toBeLessThanOrEqual(2 + 2 * 20 + 1);
    gateway.finish(reply);
    await clock.advance(0);
    expect(texts.at(-1)).toBe(reply.text);
    expect(shown(live)[1]).toBe(`assistant: ${reply.text} (complete)`);
    stop();
  });

  test("renders one text and leaves the list alone", async () => {
    const { gateway, store } = await makeStore();
    gateway.isHeld = true;
    gateway.answer = () => ["a", "b", "c", "d"];
    store.actions.send("Go");
    await gateway.clock.advance(0);
    const reply = gateway.lastReply();
    gateway.stream(reply, 1);
    await gateway.clock.advance(100);
    let lists = 0;
    const stop = effect(() => {
      lists += store.messages.value.length > 0 ? 1 : 0;
    });
    const question = store.contentOf(store.messages.value[0]?.key ?? "");
    for (let count = 0; count < 3; count++) {
      gateway.stream(reply, 1);
      await gateway.clock.advance(100);
    }
    expect(lists).toBe(1);
    expect(store.contentOf(reply.id).value).toBe("abcd");
    expect(question.value).toBe("Go");
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(lists).toBe(2);
    stop();
  });

  test("held back is shown before what comes after it", async () => {
    const { gateway, store } = await makeStore();
    gateway.isHeld = true;
    store.actions.send("one two three");
    await gateway.clock.advance(0);
    const reply = gateway.lastReply();
    gateway.stream(reply, 1);
    gateway.stream(reply, 1);
    gateway.finish(reply, "cancelled");
    await gateway.clock.advance(0);
    expect(store.snapshot.value.messages[1]).toMatchObject({ content: reply.text, progress: "cancelled" });
  });
});

describe("conversations", () => {
  test("only one that was asked for takes the screen", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const { conversation } = store.snapshot.value;
    const rest = { mode: "model", messages: [], more: false, replies: [] };
    gateway.socket.raw(JSON.stringify({ type: "conversation", conversation: "elsewhere", ...rest }));
    await gateway.clock.advance(0);
    expect(store.snapshot.value.conversation).toBe(conversation);
    const opened = store.actions.openConversation("elsewhere");
    await gateway.until(opened);
    expect(store.snapshot.value.conversation).toBe("elsewhere");
  });

  test("one that is not the latest is read anew after a reconnect, or left where it is gone", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const shownBefore = store.snapshot.value.conversation;
    gateway.socket.drop();
    gateway.conversation = "newest";
    await gateway.clock.advance(1_000);
    expect(gateway.socket.sent("open")).toMatchObject([{ conversation: shownBefore }]);
  });

  test("one that is not the latest and is gone gives way to the latest", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "open") return false;
      socket.push({ type: "error", code: "NOT_FOUND", message: "gone", ref: frame.id });
      return true;
    };
    gateway.socket.drop();
    gateway.conversation = "newest";
    await gateway.clock.advance(5_000);
    expect(store.snapshot.value.conversation).toBe("newest");
  });

  test("a reply that can no longer be resumed sends the screen to the conversation for it", async () => {
    const live = await makeStore();
    const { gateway, store } = live;
    gateway.isHeld = true;
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const reply = gateway.lastReply();
    let refusals = 1;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "resume" || refusals-- <= 0) return false;
      reply.written = reply.chunks.length;
      reply.reason = "stop";
      socket.push({ type: "error", code: "NOT_FOUND", message: "too old", ref: frame.id });
      return true;
    };
    gateway.socket.push(reply.token(1, 2));
    await gateway.clock.advance(0);
    expect(shown(live)).toEqual(["user: Hello (sent)", "assistant: Echo: Hello (complete)"]);
  });
});

describe("what is new", () => {
  test("answers count as unread while the panel is closed, and are read when it opens", async () => {
    let isOpen = false;
    const { gateway, store } = await makeStore({ isOpen: () => isOpen });
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const author = { kind: "agent", name: "Kim" } as const;
    const pushed = {
      id: "p1",
      role: "assistant",
      content: "I can help",
      at: "2026-01-01T00:00:00Z",
      author,
    } as const;
    gateway.socket.push({ type: "message", conversation: gateway.conversation ?? "", message: pushed });
    await gateway.clock.advance(0);
    expect(store.snapshot.value.unread).toBe(2);
    store.actions.markRead();
    expect(store.snapshot.value.unread).toBe(0);
    isOpen = true;
    store.actions.send("More");
    await gateway.clock.advance(0);
    expect(store.snapshot.value.unread).toBe(0);
  });

  test("somebody who types and then says nothing no longer does after 6 s", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const conversation = gateway.conversation ?? "";
    gateway.socket.push({ type: "typing", conversation, active: true, by: "user" });
    await gateway.clock.advance(5_900);
    expect(store.snapshot.value.typing).toBe("user");
    await gateway.clock.advance(200);
    expect(store.snapshot.value.typing).toBeNull();
  });

  test("the connection, and the end of a session, are seen", async () => {
    const { gateway, store, client } = await makeStore();
    expect(store.snapshot.value).toMatchObject({
      connection: { status: "live" },
      user: { id: "anon_1" },
      settings: { title: "Help" },
    });
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    gateway.socket.drop();
    expect(store.snapshot.value.connection.status).toBe("waiting");
    client.logout();
    expect(store.snapshot.value).toMatchObject({ messages: [], user: null, conversation: null });
    expect(store.snapshot.value.settings).toEqual({ title: "Help" });
  });
});

test("dispose leaves no timer and no listener", async () => {
  const { gateway, store, client } = await makeStore();
  gateway.isHeld = true;
  store.actions.send("Hello");
  await gateway.clock.advance(0);
  const conversation = gateway.conversation ?? "";
  gateway.socket.push({ type: "typing", conversation, active: true, by: "user" });
  gateway.stream(gateway.lastReply(), 1);
  await gateway.clock.advance(0);
  store.dispose();
  client.destroy();
  expect(gateway.clock.pending).toBe(0);
  const before = store.snapshot.value;
  gateway.finish(gateway.lastReply());
  await gateway.clock.advance(100);
  expect(store.snapshot.value).toBe(before);
});
