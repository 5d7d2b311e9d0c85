import { describe, expect, test } from "@jest/globals";
import { makeClient, makeLiveClient } from "./setup.ts";

describe("a request", () => {
  test("resolves with the answer to its id", async () => {
    const { client, gateway } = await makeLiveClient();
    const [opened, list] = await gateway.until(Promise.all([client.open("new"), client.conversations()]));
    expect(opened).toMatchObject({ type: "conversation", messages: [] });
    expect(list).toMatchObject({ type: "conversations", conversations: [] });
    await gateway.until(client.feedback("message-1", "up"));
    await gateway.until(client.handoff("c", "please"));
    expect(gateway.socket.sent("feedback")).toMatchObject([{ message: "message-1", rating: "up" }]);
  });

  test("rejects with the code of its refusal", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.onFrame = (frame, socket) => {
      socket.push({ type: "error", code: "NOT_FOUND", message: "gone", ref: frame.id });
      return true;
    };
    await expect(gateway.until(client.history("c", "m"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("rejects after 15 s without an answer, on a lost connection, and without one", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.onFrame = ({ type }) => type === "open";
    const slow = client.open("a").catch((error: unknown) => error);
    await gateway.clock.advance(15_000);
    expect(await slow).toMatchObject({ code: "INTERNAL", message: "the gateway did not answer in time" });
    const cut = client.open("b").catch((error: unknown) => error);
    gateway.socket.drop();
    expect(await cut).toMatchObject({ message: "the connection was lost" });
    await expect(client.open("c")).rejects.toMatchObject({ message: "not connected" });
  });

  test("for what the gateway does not offer is not sent", async () => {
    const { client, gateway } = makeClient();
    gateway.features = ["clear"];
    await gateway.until(client.connect());
    await expect(client.handoff("c")).rejects.toMatchObject({ code: "UNSUPPORTED_TYPE" });
    client.typing(true);
    await gateway.clock.advance(0);
    expect(gateway.socket.received).toEqual([]);
  });
});

describe("what is sent at once or never", () => {
  test("cancel goes out on a live socket only", async () => {
    const { client, gateway } = await makeLiveClient();
    client.cancel({ conversation: "c" });
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("cancel")).toEqual([{ type: "cancel", conversation: "c" }]);
    gateway.socket.drop();
    client.cancel({ reply: "r" });
    await gateway.clock.advance(1_000);
    expect(gateway.socket.sent("cancel")).toEqual([]);
  });

  test("typing is told at its start, every 3 s, and at its end", async () => {
    const { client, gateway } = await makeLiveClient();
    client.typing(false);
    for (let second = 0; second < 5; second++) {
      client.typing(true, "c");
      await gateway.clock.advance(1_000);
    }
    client.typing(false, "c");
    client.typing(false, "c");
    await gateway.clock.advance(0);
    expect(gateway.socket.sent("typing").map(({ active }) => active)).toEqual([true, true, false]);
  });

  test("edit and regenerate go again under their id until they are acknowledged", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.onFrame = (frame, socket) => {
      if (frame.type === "edit" && gateway.sockets.length === 1) queueMicrotask(() => socket.drop());
      else if (frame.type === "edit" || frame.type === "regenerate") {
        const { id, message } = frame;
        socket.push({ type: "ack", id, conversation: "c", message, reply: `reply-to-${id}` });
      }
      return true;
    };
    const edit = client.edit("message-1", "better");
    const again = client.regenerate("message-1");
    expect(client.outbox).toEqual([]);
    await gateway.clock.advance(1_000);
    expect(gateway.socket.received.map(({ id }) => id)).toEqual([edit, again]);
  });
});

test("an edit that closes the socket as too large is told as refused", async () => {
  const { client, gateway, frames } = await makeLiveClient();
  gateway.onFrame = ({ type }, socket) => {
    if (type === "edit") socket.drop(1009);
    return type === "edit";
  };
  const ref = client.edit("message-1", "much too much");
  await gateway.clock.advance(2_000);
  expect(frames).toContainEqual(expect.objectContaining({ type: "error", code: "MESSAGE_TOO_LARGE", ref }));
  expect(gateway.socket.sent("edit")).toEqual([]);
});

test("a listener that throws does not keep others from being told", async () => {
  const { client, gateway, frames } = makeClient();
  const thrown: unknown[] = [];
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (callback) =>
    queue(() => {
      try {
        callback();
      } catch (error) {
        thrown.push(error);
      }
    });
  client.on("frame", () => {
    throw new Error("mine");
  });
  const late: unknown[] = [];
  client.on("frame", (frame) => late.push(frame));
  await gateway.until(client.connect());
  await gateway.clock.advance(0);
  globalThis.queueMicrotask = queue;
  expect(late).toEqual(frames);
  expect(thrown).toEqual([new Error("mine")]);
});

test("what is not of this protocol is ignored", async () => {
  const { client, gateway, frames } = await makeLiveClient();
  gateway.socket.raw("not json");
  gateway.socket.raw("17");
  gateway.socket.raw('{"type":"from-the-future","reply":"r"}');
  await gateway.clock.advance(0);
  expect(frames.map(({ type }) => type)).toEqual(["ready", "from-the-future"]);
  expect(client.connection.status).toBe("live");
});
