import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { type SentinelRedis, startSentinelRedis } from "../ports/support/redis-sentinel.ts";
import { startTestRedis } from "../ports/support/redis-server.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";

/** Milliseconds between two tries to ask: far fewer a second than are too many. */
const ASK_AGAIN = 250;

/** Two instances on a Redis of that kind, and a user with a socket on each. */
interface Stage {
  readonly instances: Instances;
  readonly left: GatewayProcess;
  readonly here: TestClient;
  readonly there: TestClient;
}

async function setStage(redisUrl: string): Promise<Stage> {
  const instances = await prepareInstances();
  const [left, right] = await Promise.all([1, 2].map(() => instances.start({ REDIS_URL: redisUrl })));
  if (left === undefined || right === undefined) throw new Error("two instances were started");
  const token = signToken({ sub: "ada" });
  const here = await connect(left.chatUrl, { token });
  return { instances, left, here, there: await connect(right.chatUrl, { token }) };
}

/** Asked on the one, shown on both; then the one is killed, before its attempt can end. @returns the reply */
async function dieMidAnswer({ instances, left, here, there }: Stage, seed: number): Promise<string> {
  instances.upstream.next({ stallAfter: 40 });
  const { reply } = await here.ask(`[[sim tokens=100 rate=100 seed=${seed}]]`);
  await there.until(() => there.textOf(reply).seq >= 20, "twenty chunks");
  await left.end("SIGKILL");
  return reply;
}

describe("two instances", () => {
  let cluster: Awaited<ReturnType<typeof startTestRedis>>;
  let sentinels: SentinelRedis;
  let onCluster: Stage;
  let behindSentinels: Stage;
  beforeAll(async () => {
    [cluster, sentinels] = await Promise.all([startTestRedis("a cluster"), startSentinelRedis()]);
    [onCluster, behindSentinels] = await Promise.all([setStage(cluster.url), setStage(sentinels.url)]);
  });
  afterAll(async () => {
    await Promise.all([onCluster, behindSentinels].map(({ instances }) => instances.stop()));
    await Promise.all([cluster.stop(), sentinels.stop()]);
  });

  test("behind sentinels lose their Redis mid-answer and go on with the next one, in both, to the exact text", async () => {
    const { here, there, instances } = behindSentinels;
    instances.upstream.next({ holdAfter: 40 });
    const { reply, conversation } = await here.ask("[[sim tokens=200 rate=100 seed=611]]");
    await there.until(() => there.textOf(reply).seq >= 20, "twenty chunks");
    await sentinels.loseMaster();
    instances.upstream.goOn();
    for (const client of [here, there]) {
      const done = await client.frame("done", (frame) => frame.reply === reply);
      expect(done).toMatchObject({ reason: "stop" });
      expect(client.textOf(reply).text).toBe(expectedText(611, 200));
    }
    const next = await askUntilTaken(there, { content: "[[sim tokens=20 rate=100 seed=612]]", conversation });
    for (const client of [here, there]) {
      await client.frame("done", (frame) => frame.reply === next);
      expect(client.textOf(next).text).toBe(expectedText(612, 20));
    }
  });

  describe("are taken over where one dies mid-answer", () => {
    let replies: readonly string[];
    beforeAll(async () => {
      replies = await Promise.all([dieMidAnswer(onCluster, 601), dieMidAnswer(behindSentinels, 613)]);
    });

    const expectGoneOn = async ({ there }: Stage, reply: string | undefined, seed: number): Promise<void> => {
      const snapshot = await there.frame("snapshot", (frame) => frame.reply === reply);
      expect(snapshot.epoch).toBe(2);
      const done = await there.frame("done", (frame) => frame.reply === reply);
      expect(done).toMatchObject({ reason: "stop", epoch: 2 });
      expect(there.textOf(done.reply).text).toBe(expectedText(seed, 100));
    };

    test("on a cluster of Redis, by sharded channels alone", async () => {
      await expectGoneOn(onCluster, replies[0], 601);
      const commands = await cluster.commands();
      expect(commands.get("spublish")).toBeGreaterThan(0);
      expect(commands.get("publish")).toBeUndefined();
    });

    test("behind sentinels", () => expectGoneOn(behindSentinels, replies[1], 613));
  });
});

/** Asks, and asks again where it is told to come later. @returns the reply */
async function askUntilTaken(
  client: TestClient,
  message: { content: string; conversation: string },
): Promise<string> {
  for (let tries = 0; ; tries++) {
    const id = `try-${tries}`;
    client.send({ type: "message", id, ...message });
    const refused = () => client.all("error").find(({ ref }) => ref === id);
    const taken = () => client.all("ack").find((ack) => ack.id === id);
    await client.until(() => refused() !== undefined || taken() !== undefined, "an answer");
    const reply = taken()?.reply;
    if (reply !== undefined) return reply;
    expect(refused()).toMatchObject({ code: "INTERNAL", retryAfter: expect.any(Number) });
    await pause(ASK_AGAIN);
  }
}
