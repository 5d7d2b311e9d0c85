import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ServerFrame } from "@parlance/protocol";
import { Redis } from "ioredis";
import type { GatewayProcess } from "../../../gateway/test/live/support/gateway-process.ts";
import { type Instances, prepareInstances } from "../../../gateway/test/live/support/instances.ts";
import { connect, signToken } from "../../../gateway/test/live/support/test-client.ts";
import { ACME_API_KEY } from "../../../gateway/test/live/support/test-gateway.ts";
import { type LossyProxy, lossyProxy } from "../../../gateway/test/ports/support/lossy-proxy.ts";
import { until } from "../../../gateway/test/ports/support/until.ts";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import type { ChatMessage, ChatSnapshot } from "../../src/state/types.ts";
import { type InstanceTab, openInstanceTab, untilSame } from "./support/instance-tab.ts";

const FIRST = { question: "[[sim tokens=8 rate=400 seed=301]]", answer: expectedText(301, 8) };
const SECOND = { question: "[[sim tokens=40 rate=100 seed=302]]", answer: expectedText(302, 40) };

let users = 0;

/** Shows these questions, each with its whole answer. */
const shows =
  (...turns: readonly { question: string; answer: string }[]) =>
  ({ messages }: ChatSnapshot): boolean =>
    messages.length === 2 * turns.length &&
    turns.every(
      ({ question, answer }, index) =>
        messages[2 * index]?.content === question &&
        messages[2 * index + 1]?.content === answer &&
        messages[2 * index + 1]?.progress === "complete",
    );

describe("what the way between two instances loses", () => {
  let instances: Instances;
  let redis: Redis;
  let proxy: LossyProxy;
  let left: GatewayProcess;
  let right: GatewayProcess;
  let user: string;
  let here: InstanceTab;
  let there: InstanceTab;
  let bystander: InstanceTab;

  beforeAll(async () => {
    instances = await prepareInstances();
    redis = new Redis(instances.redisUrl);
    proxy = await lossyProxy(instances.redis.port);
    left = await instances.start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    right = await instances.start();
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
    await proxy.close();
  });
  beforeEach(async () => {
    user = `user-${users++}`;
    [here, there, bystander] = await Promise.all([
      openInstanceTab(left, signToken({ sub: user })),
      openInstanceTab(right, signToken({ sub: user })),
      openInstanceTab(right, signToken({ sub: `bystander-${user}` })),
    ]);
    here.store.actions.send(FIRST.question);
    await untilSame([here, there], shows(FIRST));
  });
  afterEach(() => {
    proxy.lose(null);
    for (const tab of [here, there, bystander]) tab.close();
  });

  /** Does something while messages of one kind are lost, until at least one was. */
  const losing = async (kind: string, work: () => unknown): Promise<void> => {
    const before = proxy.lost;
    proxy.lose((message) => message.includes(kind));
    await work();
    await until(() => proxy.lost > before);
    proxy.lose(null);
  };
  const messageAt = (index: number): ChatMessage => {
    const message = here.store.snapshot.peek().messages[index];
    if (message === undefined) throw new Error(`there is no message ${index}`);
    return message;
  };
  const push = async (content: string): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${left.port}/v1/users/${user}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${ACME_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ content }),
    });
    expect(response.status).toBe(201);
  };

  test("a question: the other tab comes back for it, and nobody else's does", async () => {
    await losing('"type":"message"', () => here.store.actions.send(SECOND.question));
    await untilSame([here, there], shows(FIRST, SECOND));
    expect([here, there, bystander].map(({ comeBacks }) => comeBacks)).toEqual([0, 1, 0]);
  });

  test("the first words of an answer, its text, or its end: it is read anew, and no socket is asked to go", async () => {
    const asked = { ...SECOND, turns: [FIRST] };
    for (const kind of ['"t":"reply"', '"t":"chunks"', '"t":"end"']) {
      await losing(kind, () => here.store.actions.send(SECOND.question));
      asked.turns.push(SECOND);
      await untilSame([here, there], shows(...asked.turns));
    }
    expect([here, there, bystander].map(({ comeBacks }) => comeBacks)).toEqual([0, 0, 0]);
  });

  test("a whole answer with its question", async () => {
    const lost = proxy.lost;
    proxy.lose(() => true);
    here.store.actions.send(SECOND.question);
    await untilSame([here], shows(FIRST, SECOND));
    expect(proxy.lost).toBeGreaterThan(lost);
    proxy.lose(null);
    await untilSame([here, there], shows(FIRST, SECOND));
    expect(bystander.comeBacks).toBe(0);
  });

  test("that a question was edited", async () => {
    await losing('"type":"truncate"', () => here.store.actions.edit(messageAt(0), SECOND.question));
    await untilSame([here, there], shows(SECOND));
  });

  test("that an answer is made anew", async () => {
    await losing('"type":"truncate"', () => here.store.actions.regenerate(messageAt(0)));
    await untilSame(
      [here, there],
      ({ messages }) =>
        messages[1]?.id === messageAt(1).id && shows(FIRST)({ ...here.store.snapshot.peek(), messages }),
    );
    expect(here.frames.filter(({ type }) => type === "done")).toHaveLength(2);
  });

  test("that a conversation was cleared", async () => {
    await losing('"type":"cleared"', () => here.store.actions.clear());
    await untilSame([there], ({ messages }) => messages.length === 0);
  });

  test("a pushed message, and that a person was asked for", async () => {
    await losing("Your order left", () => push("Your order left."));
    await untilSame([here, there], ({ messages }) => messages[2]?.content === "Your order left.");
    await losing("A person was asked for", () => here.store.actions.askForPerson());
    await untilSame([here, there], ({ messages }) => messages[3]?.role === "system");
  });

  test("that the user no longer types: it is forgotten all the same", async () => {
    here.store.actions.typing(true);
    await until(() => there.store.snapshot.peek().typing === "user");
    await losing('"active":false', () => here.store.actions.typing(false));
    await until(() => there.store.snapshot.peek().typing === null);
  });

  test("whatever is said while the ear of an instance is cut off, again and again", async () => {
    const over = new AbortController();
    const cutting = (async () => {
      while (!over.signal.aborted) {
        await redis.client("KILL", "TYPE", "pubsub");
        await until(async () => ((await redis.pubsub("CHANNELS")) as string[]).length === 2);
      }
    })();
    here.store.actions.send(SECOND.question);
    await untilSame([here], shows(FIRST, SECOND));
    here.store.actions.edit(messageAt(2), FIRST.question);
    await untilSame([here], shows(FIRST, FIRST));
    over.abort();
    await cutting;
    await untilSame([here, there], shows(FIRST, FIRST));
  });

  test("that there is a reply, which is resumed from what its question's device says", async () => {
    const token = signToken({ sub: `resumer-${user}` });
    const [asker, resumer] = await Promise.all([
      connect(left.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    proxy.lose((message) => message.includes('"t":"reply"'));
    const { reply } = await asker.ask(SECOND.question);
    resumer.send({ type: "resume", id: "resume", reply, after: 0 });
    await resumer.frame("done", (done) => done.reply === reply);
    // What reached it by itself before it asked comes once more, from the start.
    const pieces = resumer.all("token").filter((token) => token.reply === reply);
    const start = pieces.findLastIndex(({ seq, n = 1 }) => seq === n);
    const text = pieces.slice(start).map(({ content }) => content);
    expect(text.join("")).toBe(SECOND.answer);
    expect(resumer.all("error")).toEqual([]);
    await Promise.all([asker.close(), resumer.close()]);
  });

  test("without Redis, that there is a reply: who resumes it is told to try again, on the same socket", async () => {
    const token = signToken({ sub: `resumer-${user}` });
    const [asker, resumer] = await Promise.all([
      connect(left.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    proxy.lose(() => true);
    const { reply } = await asker.ask(SECOND.question);
    instances.redis.pause();
    const resume = async (attempt: number): Promise<ServerFrame | undefined> => {
      const id = `resume-${attempt}`;
      resumer.send({ type: "resume", id, reply, after: 0 });
      await resumer.roundTrip();
      return resumer.frames.find((frame) => "ref" in frame && frame.ref === id);
    };
    expect(await resume(0)).toMatchObject({ code: "INTERNAL", retryAfter: expect.any(Number) });
    instances.redis.resume();
    proxy.lose(null);
    let attempt = 1;
    await until(async () => (await resume(attempt++)) === undefined);
    await resumer.frame("done", (done) => done.reply === reply);
    await Promise.all([asker.close(), resumer.close()]);
  });

  test("what an instance could not hear while it was held up", async () => {
    right.process.kill("SIGSTOP");
    here.store.actions.send(SECOND.question);
    await untilSame([here], shows(FIRST, SECOND));
    here.store.actions.edit(messageAt(2), FIRST.question);
    await untilSame([here], shows(FIRST, FIRST));
    await until(async () => (await redis.hlen("chat:instances")) === 1);
    right.process.kill("SIGCONT");
    await untilSame([here, there], shows(FIRST, FIRST));
  });
});
