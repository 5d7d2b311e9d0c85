import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { GLOBEX_SECRET, startTestGateway, type TestGateway, TWO_TENANTS } from "./support/test-gateway.ts";

const CACHING: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) => ({
    ...tenant,
    systemPrompt: "You answer.",
    cache: { exact: true, ttlSeconds: 60 },
  })),
};

describe("the same question in the same context", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ seed: CACHING });
  });
  afterAll(() => gateway.stop());

  let users = 0;
  const arrive = (): Promise<TestClient> =>
    connect(gateway.chatUrl, { token: signToken({ sub: `asker-${++users}` }) });
  const answered = async (client: TestClient, content: string) => {
    const ack = await client.ask(content);
    return { ack, done: await client.frame("done", ({ reply }) => reply === ack.reply) };
  };
  const calls = (seed: number): number =>
    gateway.upstream.requests.filter(({ directives }) => directives.seed === seed).length;

  test("is answered from the cache: whole, marked, without a call and without a price", async () => {
    const [first, second] = await Promise.all([arrive(), arrive()]);
    const original = await answered(first, "why? [[sim tokens=30 seed=1]]");
    const { ack, done } = await answered(second, "why? [[sim tokens=30 seed=1]]");
    expect(second.ofReply(ack.reply)).toEqual([
      ack,
      expect.objectContaining({ type: "typing", active: true }),
      {
        type: "response",
        reply: ack.reply,
        conversation: ack.conversation,
        content: expectedText(1, 30),
        cached: true,
      },
      expect.objectContaining({ type: "typing", active: false }),
      done,
    ]);
    expect(done).toMatchObject({
      seq: 1,
      reason: "stop",
      model: original.done.model,
      usage: { inputTokens: 0, outputTokens: 0 },
    });
    expect(calls(1)).toBe(1);
    second.send({ type: "open", id: "o", conversation: ack.conversation });
    const { messages } = await second.frame("conversation", ({ ref }) => ref === "o");
    expect(messages[1]).toMatchObject({ id: ack.reply, content: expectedText(1, 30) });
    second.send({ type: "resume", reply: ack.reply, after: 0 });
    await second.until(() => second.all("done").length === 2, "done again");
    expect(second.all("response")).toHaveLength(2);
    await Promise.all([first.close(), second.close()]);
  });

  test("regenerated or edited, it is asked of the model all the same", async () => {
    const client = await arrive();
    const { ack } = await answered(client, "how? [[sim tokens=3 seed=2]]");
    client.send({ type: "regenerate", id: "anew", message: ack.message });
    const anew = await client.frame("ack", ({ id }) => id === "anew");
    await client.frame("done", ({ reply }) => reply === anew.reply);
    client.send({
      type: "edit",
      id: "edited",
      message: ack.message,
      content: "how? [[sim tokens=3 seed=2]]",
    });
    const edited = await client.frame("ack", ({ id }) => id === "edited");
    await client.frame("done", ({ reply }) => reply === edited.reply);
    expect(client.all("response")).toEqual([]);
    expect(calls(2)).toBe(3);
    await client.close();
  });

  test("of another tenant, or after other turns, it is another question", async () => {
    const acme = await arrive();
    const globex = await connect(gateway.chatUrl, {
      token: signToken({ tenant_id: "globex", sub: "g" }, { secret: GLOBEX_SECRET, kid: "globex-1" }),
    });
    await answered(acme, "where? [[sim tokens=3 seed=3]]");
    await answered(globex, "where? [[sim tokens=3 seed=3]]");
    await answered(acme, "where? [[sim tokens=3 seed=3]]");
    expect(globex.all("response")).toEqual([]);
    expect(acme.all("response")).toEqual([]);
    expect(calls(3)).toBe(3);
    await Promise.all([acme.close(), globex.close()]);
  });

  test("an answer that was cut short is not given again", async () => {
    const [first, second] = await Promise.all([arrive(), arrive()]);
    const cut = await answered(first, "when? [[sim tokens=9 cut-after=4 seed=4]]");
    expect(cut.done.reason).toBe("error");
    const again = await answered(second, "when? [[sim tokens=9 cut-after=4 seed=4]]");
    expect(again.done.reason).toBe("error");
    expect(second.all("response")).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });
});
