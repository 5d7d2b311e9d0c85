import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { connect, signToken } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

describe("the same message twice", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  test("sent at once from two sockets it is one message, one call and one answer, seen on both", async () => {
    const [left, right] = await Promise.all([connect(gateway.chatUrl), connect(gateway.chatUrl)]);
    const frame = { type: "message", id: "twice", content: "[[sim tokens=40 seed=8]]" };
    left.send(frame);
    right.send(frame);
    const acks = await Promise.all([left.frame("ack"), right.frame("ack")]);
    expect(acks[0].reply).toBe(acks[1].reply);
    expect(acks[0].message).toBe(acks[1].message);
    expect(acks.filter(({ duplicate }) => duplicate === true)).toHaveLength(1);
    await Promise.all([left.frame("done"), right.frame("done")]);
    expect(left.textOf(acks[0].reply)).toEqual(right.textOf(acks[0].reply));
    expect(gateway.upstream.requests).toHaveLength(1);
    await Promise.all([left.close(), right.close()]);
  });

  test("after its end it names the same reply and calls nobody; with other content it is refused", async () => {
    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "later" }) });
    const ack = await client.ask("[[sim tokens=3]]", { id: "again" });
    await client.frame("done");
    const calls = gateway.upstream.requests.length;
    client.send({ type: "message", id: "again", content: "[[sim tokens=3]]" });
    const duplicate = await client.frame("ack", (frame) => frame.duplicate === true);
    expect(duplicate).toEqual({ ...ack, duplicate: true });
    client.send({ type: "message", id: "again", content: "something else" });
    expect(await client.frame("error", ({ ref }) => ref === "again")).toMatchObject({
      code: "INVALID_FRAME",
    });
    expect(gateway.upstream.requests).toHaveLength(calls);
    await client.close();
  });

  test("sent again it may name the conversation that it went to, and no other", async () => {
    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "knowing" }) });
    const sent = { type: "message", id: "first", content: "[[sim tokens=1]]" };
    const ack = await client.ask(sent.content, { id: sent.id });
    client.send({ ...sent, conversation: ack.conversation });
    expect(await client.frame("ack", ({ duplicate }) => duplicate === true)).toMatchObject(ack);
    client.send({ type: "open", id: "other", conversation: "new" });
    const { conversation } = await client.frame("conversation");
    client.send({ ...sent, conversation });
    expect(await client.frame("error", ({ ref }) => ref === "first")).toMatchObject({
      code: "INVALID_FRAME",
    });
    const there = { type: "message", id: "second", content: "[[sim tokens=1]]" };
    const second = await client.ask(there.content, { id: there.id, conversation: ack.conversation });
    client.send(there);
    expect(await client.frame("ack", ({ id, duplicate }) => id === "second" && duplicate === true)).toEqual({
      ...second,
      duplicate: true,
    });
    await client.close();
  });

  test("another user's same id is another message", async () => {
    const ada = await connect(gateway.chatUrl, { token: signToken({ sub: "one" }) });
    const bob = await connect(gateway.chatUrl, { token: signToken({ sub: "two" }) });
    const acks = [
      await ada.ask("[[sim tokens=1]]", { id: "same" }),
      await bob.ask("[[sim tokens=2]]", { id: "same" }),
    ];
    expect(acks[0]?.reply).not.toBe(acks[1]?.reply);
    await Promise.all([ada.frame("done"), bob.frame("done")]);
    bob.send({ type: "resume", id: "theirs", reply: acks[0]?.reply ?? "", after: 0 });
    expect(await bob.frame("error", ({ ref }) => ref === "theirs")).toMatchObject({ code: "NOT_FOUND" });
    await Promise.all([ada.close(), bob.close()]);
  });
});
