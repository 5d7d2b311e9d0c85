import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { startRedisProcess } from "../ports/support/redis-process.ts";
import { until } from "../ports/support/until.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, refusedUpgrade, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY } from "./support/test-gateway.ts";

/** Milliseconds in which a turn is refused that cannot be taken. */
const FAST = 3_000;

let users = 0;
let attempts = 0;

describe("two instances whose Redis goes", () => {
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;
  let redis: Redis;
  let again: { stop(): Promise<void> } | null = null;
  let user: string;
  let here: TestClient;
  let there: TestClient;

  beforeAll(async () => {
    instances = await prepareInstances();
    [left, right] = await Promise.all([instances.start(), instances.start()]);
    redis = new Redis(instances.redisUrl, { maxRetriesPerRequest: null });
    redis.on("error", () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
    await again?.stop();
  });
  beforeEach(async () => {
    user = `user-${users++}`;
    const token = signToken({ sub: user });
    [here, there] = await Promise.all([connect(left.chatUrl, { token }), connect(right.chatUrl, { token })]);
  });
  afterEach(async () => {
    await Promise.all([here.close(), there.close()]);
  });

  /** An answer that is under way when Redis goes, and comes to no end before it is let go. */
  const begun = async (seed: number): Promise<string> => {
    const { reply } = await here.ask(`[[sim tokens=150 rate=80 seed=${seed} hold-after=30]]`);
    await there.until(() => there.textOf(reply).seq > 3, "three chunks elsewhere");
    return reply;
  };
  const endsExactly = async (reply: string, seed: number, tokens: number): Promise<void> => {
    for (const client of [here, there]) {
      const done = await client.frame("done", (each) => each.reply === reply);
      expect(done).toMatchObject({ reason: "stop" });
      // Of the first epoch, which is not named: nobody else has made it anew.
      expect(done.epoch).toBeUndefined();
      expect(client.textOf(reply).text).toBe(expectedText(seed, tokens));
      await client.roundTrip();
      expect(client.all("done").filter((each) => each.reply === reply)).toHaveLength(1);
    }
  };
  /** Asks until it is taken, as any client does. */
  const asked = async (client: TestClient, content: string): Promise<string> => {
    const id = `again-${attempts++}`;
    client.send({ type: "message", id, content });
    const ack = () => client.all("ack").find((each) => each.id === id);
    const refused = () => client.all("error").some(({ ref }) => ref === id);
    await client.until(() => ack() !== undefined || refused(), "an answer");
    return ack()?.reply ?? (await asked(client, content));
  };
  const refusedFast = async (client: TestClient): Promise<void> => {
    const id = `meanwhile-${attempts++}`;
    const took = measure();
    client.send({ type: "message", id, content: "[[sim tokens=3]]" });
    const refusal = await client.frame("error", ({ ref }) => ref === id);
    expect(refusal).toMatchObject({ code: "INTERNAL", retryAfter: expect.any(Number) });
    expect(took()).toBeLessThan(FAST);
  };
  /** A new socket is refused for now, and who cannot read that is told the same. */
  const isShutOut = async (token: string): Promise<void> => {
    const { status, body } = await refusedUpgrade(left.chatUrl, ["parlance.v1", `bearer.${token}`]);
    const probe = await fetch(left.chatUrl.replace("ws", "http"), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect({ status, body }).toMatchObject({ status: 503, body: { error: { code: "INTERNAL" } } });
    expect({ status: probe.status, body: await probe.json() }).toEqual({ status, body });
    expect(probe.headers.get("retry-after")).toBe("2");
  };
  const isReady = async ({ port }: GatewayProcess): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
  /** What one instance says is live on the other, in both directions, and both hold the same of it. */
  const isHealed = async (seed: number): Promise<void> => {
    for (const [from, offset] of [
      [here, 0],
      [there, 1],
    ] as const) {
      const reply = await asked(from, `[[sim tokens=20 rate=200 seed=${seed + offset}]]`);
      await endsExactly(reply, seed + offset, 20);
    }
    const response = await fetch(`http://127.0.0.1:${left.port}/v1/users/${user}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${ACME_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ content: `pushed ${seed}` }),
    });
    expect(await response.json()).toMatchObject({ delivered: true });
    await there.frame("message", ({ message }) => message.content === `pushed ${seed}`);
  };

  test("for three seconds: what runs finishes in both, new turns are told when to come again, and all heals", async () => {
    const reply = await begun(401);
    instances.redis.pause();
    await Promise.all([here, there].map(refusedFast));
    await isShutOut(signToken({ sub: `user-${users++}` }));
    there.send({ type: "ping", id: "still-there" });
    await there.frame("pong", ({ ref }) => ref === "still-there");
    expect(await Promise.all([left, right].map(isReady))).toEqual([true, true]);
    instances.upstream.goOn();
    await here.frame("done", (done) => done.reply === reply);
    instances.redis.resume();
    await endsExactly(reply, 401, 150);
    await isHealed(402);
  });

  test("and comes back empty, while they are connected: nobody notices", async () => {
    const reply = await begun(411);
    await redis.flushall();
    instances.upstream.goOn();
    // At once, before anybody could say again where users are.
    const next = await asked(here, "[[sim tokens=10 rate=200 seed=412]]");
    await there.frame("message", ({ message }) => message.content.includes("seed=412"));
    await endsExactly(reply, 411, 150);
    await endsExactly(next, 412, 10);
    await isHealed(413);
  });

  test("and is started anew, empty: leases, presence and history are had again", async () => {
    const before = await asked(here, "[[sim tokens=10 rate=200 seed=421]]");
    await endsExactly(before, 421, 10);
    const reply = await begun(422);
    await instances.redis.stop();
    await Promise.all([here, there].map(refusedFast));
    again = await startRedisProcess({ port: instances.redis.port });
    instances.upstream.goOn();
    await endsExactly(reply, 422, 150);
    await isHealed(423);
    const { conversation } = there.all("done")[0] ?? {};
    there.send({ type: "open", id: "all", conversation });
    const { messages } = await there.frame("conversation", ({ ref }) => ref === "all");
    const answers = messages.filter(({ to }) => to !== undefined).map(({ content }) => content);
    const told = [
      [421, 10],
      [422, 150],
      [423, 20],
      [424, 20],
    ] as const;
    expect(answers).toEqual(told.map(([seed, tokens]) => expectedText(seed, tokens)));
    await until(async () => (await redis.hlen("chat:instances")) === 2);
    await until(async () => (await redis.keys("*:owner")).length === 0);
  });
});
