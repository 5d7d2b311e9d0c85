import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway, TWO_TENANTS } from "./support/test-gateway.ts";

type Limits = NonNullable<SeedFile["tenants"][number]["limits"]>;

const NONE: Limits = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };

describe("what a user may ask", () => {
  let gateway: TestGateway;
  const open: TestClient[] = [];

  const KEY = "limited-tenants-signing-secret-of-at-least-32";
  const limited = (id: string, limits: Limits) => ({
    id,
    model: "claude-haiku-5-5",
    limits: { ...NONE, ...limits },
    cache: { exact: false },
    signingKeys: [{ kid: id, algorithm: "HS256" as const, secret: KEY }],
  });

  beforeAll(async () => {
    gateway = await startTestGateway({
      seed: {
        tenants: [
          ...TWO_TENANTS.tenants,
          limited("minute", { messagesPerMinute: 3 }),
          limited("hour", { messagesPerHour: 2 }),
          limited("streams", { concurrentStreams: 2 }),
          limited("none", {}),
        ],
      },
    });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  afterAll(() => gateway.stop());

  let users = 0;
  const arrive = async (tenant: string, sub = `user-${++users}`): Promise<TestClient> => {
    const token = signToken({ tenant_id: tenant, sub }, { secret: KEY, kid: tenant });
    const client = await connect(gateway.chatUrl, { token });
    open.push(client);
    return client;
  };
  const refusal = async (client: TestClient, id: string, content = "[[sim tokens=1]]") => {
    client.send({ type: "message", id, content });
    return client.frame("error", ({ ref }) => ref === id);
  };

  test("a minute's messages, on all sockets together; the next is refused with a time, and others' are not", async () => {
    const [left, right] = [await arrive("minute", "busy"), await arrive("minute", "busy")];
    await left.ask("[[sim tokens=1]]");
    await right.ask("[[sim tokens=1]]");
    await left.ask("[[sim tokens=1]]");
    const refused = await refusal(right, "fourth");
    expect(refused).toMatchObject({ code: "RATE_LIMITED", ref: "fourth" });
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    expect(refused.retryAfter).toBeLessThanOrEqual(20);
    await (await arrive("minute")).ask("[[sim tokens=1]]");
  });

  test("an hour's messages", async () => {
    const client = await arrive("hour");
    await client.ask("[[sim tokens=1]]");
    await client.ask("[[sim tokens=1]]");
    const refused = await refusal(client, "third");
    expect(refused.code).toBe("RATE_LIMITED");
    expect(refused.retryAfter).toBeGreaterThan(60);
    expect(refused.retryAfter).toBeLessThanOrEqual(1_800);
  });

  test("a message sent again counts once, is known though the limit is reached, and a refused one is not consumed", async () => {
    const client = await arrive("minute");
    for (let times = 0; times < 4; times++) {
      client.send({ type: "message", id: "same", content: "[[sim tokens=1]]" });
      await client.until(() => client.all("ack").length === times + 1, "an ack");
    }
    await client.ask("[[sim tokens=1]]");
    await client.ask("[[sim tokens=1]]");
    expect((await refusal(client, "too-many")).code).toBe("RATE_LIMITED");
    client.send({ type: "message", id: "same", content: "[[sim tokens=1]]" });
    await client.until(() => client.all("ack").length === 7, "the known message's ack");
    expect(client.all("ack").filter(({ id, duplicate }) => id === "same" && duplicate === true)).toHaveLength(
      4,
    );
    client.send({ type: "message", id: "too-many", content: "of other content" });
    await client.until(() => client.all("error").length === 2, "the second refusal");
    expect(client.all("error").map(({ code }) => code)).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
  });

  test("answers at once, counted by conversation, until one ends", async () => {
    const client = await arrive("streams");
    const conversations: string[] = [];
    for (const name of ["a", "b", "c"]) {
      client.send({ type: "open", id: name, conversation: "new" });
      conversations.push((await client.frame("conversation", ({ ref }) => ref === name)).conversation);
    }
    const [one = "", two = "", three = ""] = conversations;
    const slow = "[[sim tokens=3000 rate=50]]";
    const first = await client.ask(slow, { conversation: one });
    await client.ask(slow, { conversation: one });
    await client.ask(slow, { conversation: two });
    const asked = { type: "message", id: "third", content: slow, conversation: three };
    client.send(asked);
    const refused = await client.frame("error", ({ ref }) => ref === "third");
    expect(refused).toMatchObject({ code: "CONCURRENCY_LIMITED", conversation: three });
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    client.send({ type: "cancel", conversation: one });
    await client.until(() => client.all("done").length === 2, "the first conversation's end");
    expect(client.all("done").map(({ reply }) => reply)).toContain(first.reply);
    client.send(asked);
    await client.frame("ack", ({ id }) => id === "third");
    client.send({ type: "cancel" });
    await client.until(() => client.all("done").length === 4, "all ends");
  });

  test("ten wait in a conversation, and no more; what was taken is answered in order", async () => {
    const client = await arrive("none");
    const acks = [await client.ask("[[sim tokens=4000 rate=20]]")];
    for (let number = 1; number <= 10; number++) acks.push(await client.ask(`${number} [[sim tokens=1]]`));
    const refused = await refusal(client, "one-too-many");
    expect(refused).toMatchObject({ code: "CONCURRENCY_LIMITED" });
    expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
    client.send({ type: "cancel", reply: acks[0]?.reply });
    await client.until(() => client.all("done").length === 11, "all answers");
    expect(client.all("done").map(({ reply }) => reply)).toEqual(acks.map(({ reply }) => reply));
    client.send({ type: "message", id: "one-too-many", content: "[[sim tokens=1]]" });
    await client.frame("ack", ({ id }) => id === "one-too-many");
  });

  test("ready says which limits hold", async () => {
    const client = await arrive("streams");
    const { limits } = await client.frame("ready");
    expect(limits).toMatchObject({ messagesPerMinute: null, messagesPerHour: null, concurrentStreams: 2 });
  });
});
