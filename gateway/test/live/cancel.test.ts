import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { connect } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

describe("cancel", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  const slow = "[[sim tokens=2000 rate=100 seed=5]]";

  test.each([
    ["reply", (ack: { reply: string }) => ({ reply: ack.reply })],
    ["message by the gateway's id", (ack: { message: string }) => ({ message: ack.message })],
    ["message by the client's id", (ack: { id: string }) => ({ message: ack.id })],
    ["conversation", (ack: { conversation: string }) => ({ conversation: ack.conversation })],
    ["all of the user's", () => ({})],
  ])(
    "by %s aborts the upstream's call, keeps the partial text and counts its tokens",
    async (_by, target) => {
      const client = await connect(gateway.chatUrl);
      const ack = await client.ask(slow);
      await client.until(() => client.textOf(ack.reply).seq >= 10, "ten tokens");
      client.send({ type: "cancel", id: "stop", ...target(ack) });
      const done = await client.frame("done", ({ reply }) => reply === ack.reply);
      await client.frame("ok", ({ ref }) => ref === "stop");
      const { text, seq } = client.textOf(ack.reply);
      expect(done).toMatchObject({ reason: "cancelled", seq, usage: { estimated: true } });
      expect(done.usage.outputTokens).toBeGreaterThan(0);
      expect(done.usage.inputTokens).toBeGreaterThan(0);
      expect(expectedText(5, 2_000).startsWith(text)).toBe(true);
      const aborted = await gateway.upstream.waitFor((record) => record.abortedAt !== undefined);
      expect(aborted.tokensSent).toBeLessThan(2_000);
      gateway.upstream.reset();

      client.send({ type: "open", id: "again", conversation: ack.conversation });
      const { messages } = await client.frame("conversation", ({ ref }) => ref === "again");
      expect(messages.at(-1)).toMatchObject({ id: ack.reply, status: "cancelled", content: text });
      client.send({ type: "clear", conversation: ack.conversation });
      await client.close();
    },
  );

  test("while it waits it ends without a call, and those around it are answered in order", async () => {
    const client = await connect(gateway.chatUrl);
    const first = await client.ask("[[sim tokens=60 rate=200 seed=1 hold-after=10]]");
    const second = await client.ask("[[sim tokens=5 seed=2]]");
    const third = await client.ask("[[sim tokens=5 seed=3]]");
    client.send({ type: "cancel", reply: second.reply });
    const done = await client.frame("done", ({ reply }) => reply === second.reply);
    expect(done).toMatchObject({ reason: "cancelled", seq: 0, usage: { inputTokens: 0, outputTokens: 0 } });
    gateway.upstream.goOn();
    await client.frame("done", ({ reply }) => reply === third.reply);
    expect(client.all("done").map(({ reply }) => reply)).toEqual([second.reply, first.reply, third.reply]);
    expect(client.textOf(third.reply).text).toBe(expectedText(3, 5));
    expect(gateway.upstream.requests.map(({ directives }) => directives.seed)).not.toContain(2);
    await client.close();
  });

  test("before the first token it aborts the call all the same", async () => {
    const client = await connect(gateway.chatUrl);
    const ack = await client.ask("[[sim tokens=5 delay=60000 seed=11]]");
    await gateway.upstream.waitFor(({ directives }) => directives.seed === 11);
    client.send({ type: "cancel", reply: ack.reply });
    await gateway.upstream.waitFor(
      (record) => record.directives.seed === 11 && record.abortedAt !== undefined,
    );
    expect(await client.frame("done", ({ reply }) => reply === ack.reply)).toMatchObject({
      reason: "cancelled",
      seq: 0,
    });
    await client.close();
  });

  test("after the end it is ok; of what does not exist, or is another's, it is NOT_FOUND", async () => {
    const client = await connect(gateway.chatUrl);
    const ack = await client.ask("[[sim tokens=3]]");
    await client.frame("done", ({ reply }) => reply === ack.reply);
    client.send({ type: "cancel", id: "late", reply: ack.reply });
    client.send({ type: "cancel", id: "late-message", message: ack.id });
    client.send({ type: "cancel", id: "none", reply: "no-such-reply" });
    await client.frame("ok", ({ ref }) => ref === "late");
    await client.frame("ok", ({ ref }) => ref === "late-message");
    expect(await client.frame("error", ({ ref }) => ref === "none")).toMatchObject({ code: "NOT_FOUND" });
    expect(client.all("done").filter(({ reply }) => reply === ack.reply)).toHaveLength(1);
    await client.close();
  });
});
