import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { type RedisProcess, startRedisProcess } from "../ports/support/redis-process.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";
import { contextsOf, givenContext, isAnswer } from "./support/upstream-calls.ts";

describe.each(["this process", "Redis"])("what the model remembers, with the hot store in %s", (store) => {
  let redis: RedisProcess | null = null;
  let gateway: TestGateway;
  const open: TestClient[] = [];

  beforeAll(async () => {
    redis = store === "Redis" ? await startRedisProcess() : null;
    gateway = await startTestGateway({
      environment: redis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.drop()));
    gateway.upstream.reset();
  });
  afterAll(async () => {
    await gateway.stop();
    await redis?.stop();
  });

  let users = 0;
  const arrive = async (sub = `rememberer-${++users}`): Promise<TestClient> => {
    const client = await connect(gateway.chatUrl, { token: signToken({ sub }) });
    open.push(client);
    return client;
  };
  const answered = async (client: TestClient, content: string) => {
    const ack = await client.ask(content);
    const done = await client.frame("done", ({ reply }) => reply === ack.reply);
    return { ...ack, done };
  };
  const summaries = () => gateway.upstream.requests.filter((record) => !isAnswer(record));
  const question = (number: number): string =>
    `Question ${number} of ${users} [[sim tokens=3 seed=${number}]]`;
  const turns = (from: number, to: number): { role: string; text: string }[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index).flatMap((number) => [
      { role: "user", text: question(number) },
      ...(number === to ? [] : [{ role: "assistant", text: expectedText(number, 3) }]),
    ]);
  /** What each layer in front of the archive held is gone. */
  const forget = async (): Promise<void> => {
    if (redis === null) return gateway.restart();
    const client = new Redis({ port: redis.port });
    await client.flushall();
    await client.quit();
  };

  test("all of a short conversation, word for word, though every layer in front of the archive forgets it", async () => {
    const sub = `forgotten-${++users}`;
    const before = await arrive(sub);
    await answered(before, question(1));
    await answered(before, question(2));
    await forget();
    const after = await arrive(sub);
    const { messages } = await after.frame("ready");
    expect(messages.map(({ content }) => content)).toEqual([
      ...turns(1, 2).map(({ text }) => text),
      expectedText(2, 3),
    ]);
    await answered(after, question(3));
    await answered(after, question(4));
    expect(contextsOf(gateway.upstream, question(3))[0]?.turns).toEqual(turns(1, 3));
    expect(contextsOf(gateway.upstream, question(4))[0]?.turns).toEqual(turns(1, 4));
  });

  test("questions that waited, one of them given up, stand before the next though the layers had forgotten", async () => {
    const sub = `waiting-${++users}`;
    const before = await arrive(sub);
    await answered(before, question(1));
    await forget();
    const client = await arrive(sub);
    const slow = await client.ask("[[sim tokens=60 rate=150 seed=60 hold-after=10]] slow");
    const given = await client.ask("and this is given up");
    await client.until(() => client.textOf(slow.reply).seq > 3, "some text");
    client.send({ type: "cancel", reply: given.reply });
    await client.frame("done", ({ reply }) => reply === given.reply);
    gateway.upstream.goOn();
    await answered(client, question(4));
    expect(contextsOf(gateway.upstream, question(4))[0]?.turns.map(({ text }) => text)).toEqual([
      question(1),
      expectedText(1, 3),
      "[[sim tokens=60 rate=150 seed=60 hold-after=10]] slow",
      expectedText(60, 60),
      "and this is given up",
      question(4),
    ]);
  });

  test("of a long one a summary, made once, beside the answers, and the latest turns word for word", async () => {
    const client = await arrive();
    for (let number = 1; number <= 9; number++) await answered(client, question(number));
    expect(summaries()).toEqual([]);
    await answered(client, question(10));
    const made = await gateway.upstream.waitFor(
      (record) => !isAnswer(record) && record.endedAt !== undefined,
    );
    const { system, turns: given } = givenContext(made);
    expect(system).toContain("summary");
    expect(given).toHaveLength(1);
    for (let number = 1; number <= 5; number++) expect(given[0]?.text).toContain(question(number));
    expect(given[0]?.text).not.toContain(question(6));
    const summary = expectedText(made.directives.seed, made.tokensSent).trim();

    const next = async (number: number) => {
      await answered(client, question(number));
      return contextsOf(gateway.upstream, question(number))[0];
    };
    let context = await next(11);
    // The summary is written when its stream has ended: a question just behind that may still be without it.
    if (!context?.system.includes(summary)) context = await next(12);
    const last = context?.turns.at(-1)?.text === question(11) ? 11 : 12;
    expect(context?.system).toBe(
      `You answer for Acme.\n\nWhat was said earlier in this conversation, in short:\n${summary}`,
    );
    expect(context?.turns).toEqual(turns(6, last));
    for (let number = last + 1; number <= 14; number++) {
      const following = await next(number);
      expect(following?.turns).toEqual(turns(6, number));
    }
    expect(summaries()).toHaveLength(1);
    await answered(client, question(15));
    const second = await gateway.upstream.waitFor(
      (record) => !isAnswer(record) && record !== made && record.endedAt !== undefined,
    );
    const text = givenContext(second).turns[0]?.text ?? "";
    expect(text).toContain(`Summary so far:\n${summary}`);
    expect(text).not.toContain(question(5));
    expect(text).toContain(question(10));
  });

  test("never two summaries of a conversation at once, however long one takes", async () => {
    const client = await arrive();
    // Quoted in what is to be summed up, it holds the summary too.
    const first = await client.ask("[[sim tokens=1 hold-after=0]] slow to begin");
    await gateway.upstream.waitFor((record) => isAnswer(record));
    gateway.upstream.goOn();
    await client.frame("done", ({ reply }) => reply === first.reply);
    for (let number = 2; number <= 10; number++) await answered(client, question(number));
    const slow = await gateway.upstream.waitFor((record) => !isAnswer(record));
    for (let number = 11; number <= 14; number++) await answered(client, question(number));
    expect(summaries()).toEqual([slow]);
    expect(slow.endedAt).toBeUndefined();
    gateway.upstream.goOn();
    await gateway.upstream.waitFor((record) => record === slow && record.endedAt !== undefined);
    const during = contextsOf(gateway.upstream, question(14))[0];
    expect(during?.system).toBe("You answer for Acme.");
    // Without a summary working memory is what there is: its 20 messages, from a question on.
    expect(during?.turns).toEqual(turns(5, 14));
  });

  test("edited, it forgets the summary of what is gone", async () => {
    const client = await arrive();
    const first = await answered(client, question(1));
    for (let number = 2; number <= 10; number++) await answered(client, question(number));
    await gateway.upstream.waitFor((record) => !isAnswer(record) && record.endedAt !== undefined);
    client.send({ type: "edit", id: "edited", message: first.message, content: question(20) });
    const edited = await client.frame("ack", ({ id }) => id === "edited");
    await client.frame("done", ({ reply }) => reply === edited.reply);
    const [context] = contextsOf(gateway.upstream, question(20));
    expect(context).toEqual({
      system: "You answer for Acme.",
      turns: [{ role: "user", text: question(20) }],
    });
  });
});

describe("a gateway whose Redis hangs", () => {
  let redis: RedisProcess;
  let gateway: TestGateway;

  beforeAll(async () => {
    redis = await startRedisProcess();
    gateway = await startTestGateway({ environment: { REDIS_URL: `redis://127.0.0.1:${redis.port}` } });
  });
  afterAll(async () => {
    redis.resume();
    await gateway.stop();
    await redis.stop();
  });

  test("finishes what runs, reads from the archive, refuses what is new, and goes on when it is back", async () => {
    const client = await connect(gateway.chatUrl);
    await client.ask("[[sim tokens=3 seed=1]] before");
    const question = "[[sim tokens=150 rate=200 seed=2 hold-after=30]]";
    const running = await client.ask(question);
    await client.until(() => client.textOf(running.reply).seq > 10, "some text");
    redis.pause();
    client.send({ type: "message", id: "refused", content: "[[sim tokens=2 seed=3]]" });
    const refusal = await client.frame("error", ({ ref }) => ref === "refused");
    expect(refusal).toMatchObject({ code: "INTERNAL" });
    expect(refusal.retryAfter).toBeGreaterThanOrEqual(1);
    gateway.upstream.goOn();
    const done = await client.frame("done", ({ reply }) => reply === running.reply);
    expect(done.reason).toBe("stop");
    expect(client.textOf(running.reply).text).toBe(expectedText(2, 150));
    client.send({ type: "open", id: "away", conversation: running.conversation });
    const opened = await client.frame("conversation", ({ ref }) => ref === "away");
    expect(opened.messages.at(-1)).toMatchObject({ id: running.reply, content: expectedText(2, 150) });
    const ready = await fetch(`http://127.0.0.1:${gateway.gateway.port}/readyz`);
    expect(ready.status).toBe(200);

    redis.resume();
    const taken = (): boolean => client.all("ack").some(({ id }) => id === "refused");
    while (!taken()) {
      const answers = client.frames.length;
      client.send({ type: "message", id: "refused", content: "[[sim tokens=2 seed=3]]" });
      await client.until(() => client.frames.length > answers, "an answer");
    }
    const ack = await client.frame("ack", ({ id }) => id === "refused");
    await client.frame("done", ({ reply }) => reply === ack.reply);
    expect(contextsOf(gateway.upstream, "[[sim tokens=2 seed=3]]")[0]?.turns.map(({ text }) => text)).toEqual(
      [
        "[[sim tokens=3 seed=1]] before",
        expectedText(1, 3),
        question,
        expectedText(2, 150),
        "[[sim tokens=2 seed=3]]",
      ],
    );
    await client.close();
  });
});
