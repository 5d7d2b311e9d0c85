import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { connect } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

describe.each(["uws", "ws"] as const)("a conversation over %s", (socketServer) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ socketServer });
  });
  afterAll(() => gateway.stop());

  test("a question is acknowledged, answered token by token to the exact text, and ended once", async () => {
    const client = await connect(gateway.chatUrl);
    const ack = await client.ask("Tell me [[sim tokens=80 seed=7]]");
    const done = await client.frame("done", (frame) => frame.reply === ack.reply);
    expect(client.textOf(ack.reply).text).toBe(expectedText(7, 80));
    expect(done).toMatchObject({ reason: "stop", message: ack.message, model: "claude-haiku-5-5" });
    expect(done.seq).toBe(client.textOf(ack.reply).seq);
    const kinds = client.frames.filter((frame) => "reply" in frame).map(({ type }) => type);
    expect(kinds[0]).toBe("ack");
    expect(kinds[1]).toBe("typing");
    expect(kinds.slice(-2)).toEqual(["typing", "done"]);
    await client.close();
  });
});
