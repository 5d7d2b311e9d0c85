import { describe, expect, test } from "@jest/globals";
import { createChatStore } from "../../src/state/store.ts";
import { makeClient } from "../client/setup.ts";
import { short } from "./frames.ts";
import { makeStore, shown } from "./setup.ts";

describe("actions", () => {
  test("send shows the message at once and connects where nothing did yet", async () => {
    const { client, gateway } = makeClient();
    const store = createChatStore({
      client,
      now: gateway.clock.now,
      timers: gateway.clock,
      page: () => ({ url: "https://shop.test/" }),
    });
    store.actions.send("Hello");
    expect(short(store.snapshot.value)).toEqual(["user: Hello (queued)"]);
    await gateway.clock.advance(0);
    expect(short(store.snapshot.value)).toEqual(["user: Hello (sent)", "assistant: Echo: Hello (complete)"]);
    expect(gateway.socket.sent("message")).toMatchObject([{ page: { url: "https://shop.test/" } }]);
  });

  test("messages keep their keys from the first keystroke to the last token", async () => {
    const live = await makeStore();
    live.store.actions.send("Hello");
    const [first] = live.store.snapshot.value.messages;
    await live.gateway.clock.advance(0);
    expect(live.store.snapshot.value.messages[0]?.key).toBe(first?.key);
    live.gateway.socket.drop();
    await live.gateway.clock.advance(1_000);
    expect(live.store.snapshot.value.messages[0]?.key).toBe(first?.key);
  });

  test("stop stops what runs in this conversation, and what is just being sent", async () => {
    const { gateway, store } = await makeStore();
    gateway.isHeld = true;
    store.actions.send("one");
    await gateway.clock.advance(0);
    store.actions.stop();
    await gateway.clock.advance(0);
    expect(store.snapshot.value.messages[1]?.progress).toBe("cancelled");
    store.actions.send("two");
    const id = store.snapshot.value.messages.at(-1)?.clientId;
    store.actions.stop();
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("cancel").at(-1)).toEqual({ type: "cancel", message: id });
  });

  test("retry sends a failed message again, and asks an ended answer's question anew", async () => {
    const { gateway, store } = await makeStore();
    let refusals = 1;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "message" || refusals-- <= 0) return false;
      socket.push({ type: "error", code: "BUDGET_EXHAUSTED", message: "no", ref: frame.id });
      return true;
    };
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const [failed] = store.snapshot.value.messages;
    expect(failed).toMatchObject({ delivery: "failed", error: { code: "BUDGET_EXHAUSTED" } });
    if (failed !== undefined) store.actions.retry(failed);
    await gateway.clock.advance(0);
    const [question, answer] = store.snapshot.value.messages;
    expect(question?.delivery).toBe("sent");
    if (answer !== undefined) store.actions.retry(answer);
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("regenerate")).toMatchObject([{ message: question?.id }]);
  });

  test("edit shows the new text once the gateway has it, and says so where it refuses", async () => {
    const live = await makeStore();
    const { gateway, store } = live;
    store.actions.send("Helo");
    await gateway.clock.advance(0);
    const [question] = store.snapshot.value.messages;
    if (question === undefined) throw new Error("nothing is shown");
    let isRefused = true;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "edit") return false;
      const conversation = gateway.conversation ?? "";
      if (isRefused) socket.push({ type: "error", code: "RATE_LIMITED", message: "slow", ref: frame.id });
      else {
        socket.push({ type: "truncate", conversation, after: null, ref: frame.id });
        socket.push({ type: "ack", id: frame.id, conversation, message: "m-new", reply: "r-new" });
      }
      return true;
    };
    store.actions.edit(question, "Hello");
    await gateway.clock.advance(0);
    expect(store.snapshot.value.notice).toMatchObject({ code: "RATE_LIMITED" });
    expect(shown(live)[0]).toBe("user: Helo (sent)");
    store.actions.dismissNotice();
    isRefused = false;
    store.actions.edit(question, "Hello");
    await gateway.clock.advance(0);
    expect(store.snapshot.value.notice).toBeNull();
    expect(shown(live)).toEqual(["user: Hello (sent)", "assistant:  (queued)"]);
  });

  test("rate shows the rating at once and takes it back where it was refused", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const rate = (rating: "up" | "down" | null) => {
      const answer = store.snapshot.value.messages[1];
      if (answer !== undefined) store.actions.rate(answer, rating);
      return store.messages.value[1]?.rating;
    };
    expect(rate("up")).toBe("up");
    await gateway.clock.advance(0);
    gateway.onFrame = (frame, socket) => {
      socket.push({ type: "error", code: "NOT_FOUND", message: "gone", ref: frame.id });
      return true;
    };
    expect(rate("down")).toBe("down");
    await gateway.clock.advance(0);
    expect(store.messages.value[1]?.rating).toBe("up");
    expect(store.snapshot.value.notice).toMatchObject({ code: "NOT_FOUND" });
  });

  test("clear leaves an empty new conversation, and the next message goes there", async () => {
    const live = await makeStore();
    const { gateway, store } = live;
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const former = store.snapshot.value.conversation;
    store.actions.clear();
    await gateway.clock.advance(0);
    expect(shown(live)).toEqual([]);
    const { conversation } = store.snapshot.value;
    expect(conversation).not.toBe(former);
    store.actions.send("Again");
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("message").at(-1)).toMatchObject({ conversation });
  });

  test("continueAnswer, askForPerson and typing go to this conversation", async () => {
    const { gateway, store } = await makeStore();
    store.actions.send("Hello");
    await gateway.clock.advance(0);
    const { conversation, messages } = store.snapshot.value;
    if (messages[1] !== undefined) store.actions.continueAnswer(messages[1]);
    store.actions.askForPerson();
    store.actions.typing(true);
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("message").at(-1)).toMatchObject({
      conversation,
      content: expect.stringContaining("continue"),
    });
    expect(gateway.socket.sent("handoff")).toMatchObject([{ conversation }]);
    expect(gateway.socket.sent("typing")).toMatchObject([{ conversation, active: true }]);
  });

  test("what fails for want of a connection is a notice, not an exception", async () => {
    const { gateway, store } = await makeStore();
    gateway.isOffline = true;
    gateway.socket.drop();
    await store.actions.openConversation("older");
    expect(store.snapshot.value.notice).toMatchObject({ message: "not connected" });
    store.actions.dismissNotice();
    expect(store.snapshot.value.notice).toBeNull();
  });
});
