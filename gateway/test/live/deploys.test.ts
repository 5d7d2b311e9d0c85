import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { callerOf } from "../../../scripts/chaos/stage.ts";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { seededRandom } from "../../../scripts/upstream-simulator/random.ts";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { LivedClock, measure } from "../ports/support/lived-clock.ts";
import { testSeed } from "../ports/support/seed.ts";
import { type Balancer, startBalancer } from "./support/balancer.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { HeadlessUser } from "./support/headless-user.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { GLOBEX_SECRET, TWO_TENANTS } from "./support/test-gateway.ts";
import { isAnswer } from "./support/upstream-calls.ts";

/** Acme's users come back within two seconds, Globex's within half of one. */
const ACME_ABANDONS = 4;
const GLOBEX_ABANDONS = 1;
const SEED: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) => ({
    ...tenant,
    abandonSeconds: tenant.id === "acme" ? ACME_ABANDONS : GLOBEX_ABANDONS,
  })),
};

/** Tells gaps between sockets: they are as long as this process lives through them. */
let clock: LivedClock;
beforeAll(() => {
  clock = new LivedClock();
});
afterAll(() => clock.stop());

let users = 0;
const newUser = (): string => signToken({ sub: `user-${users++}` });

describe("a rolling restart of three instances", () => {
  const LOAD = 60;
  let instances: Instances;
  let balancer: Balancer;
  let running: GatewayProcess[];
  beforeAll(async () => {
    instances = await prepareInstances(SEED);
    balancer = await startBalancer();
    running = await Promise.all([1, 2, 3].map(() => instances.start()));
    for (const instance of running) await balancer.add(instance);
  });
  afterAll(async () => {
    await balancer.close();
    await instances.stop();
  });

  test("loses no token and shows no error, while sixty users ask, read and let questions wait", async () => {
    let seeds = 1_000;
    let over = false;
    const asked: { user: HeadlessUser; reply: string; seed: number; tokens: number }[] = [];
    const live = async (user: HeadlessUser): Promise<void> => {
      await user.client.connect();
      while (!over) {
        // A long answer, and a question that waits behind it.
        const questions = [70, 5].map((tokens) => ({ tokens, seed: seeds++ }));
        const acks = await Promise.all(
          questions.map(({ tokens, seed }) => user.ask(`[[sim tokens=${tokens} rate=25 seed=${seed}]]`)),
        );
        const replies = acks.map(({ reply }, index) => ({ reply, ...questions[index] }));
        for (const { reply, seed = 0, tokens = 0 } of replies) asked.push({ user, reply, seed, tokens });
        await user.until(() => acks.every(({ reply }) => user.answer(reply).ends.length > 0));
      }
    };
    const sixty = Array.from({ length: LOAD }, () => {
      const token = newUser();
      return new HeadlessUser({ gateway: balancer.url, entry: { token: () => token }, clock });
    });
    const lives = sixty.map(live);
    await Promise.all(sixty.map((user) => user.frame("ack")));
    const codes: (number | null)[] = [];
    for (const instance of running) {
      codes.push(await instance.end("SIGTERM"));
      await balancer.add(await instances.start());
    }
    over = true;
    await Promise.all(lives);

    expect(codes).toEqual([0, 0, 0]);
    for (const { user, reply, seed, tokens } of asked)
      expect(user.answer(reply)).toEqual({ text: expectedText(seed, tokens), ends: ["stop"] });
    expect(sixty.flatMap((user) => user.all("error"))).toEqual([]);
    expect(sixty.flatMap(({ client }) => client.outbox)).toEqual([]);
    const calls = instances.upstream.requests.filter(isAnswer).map(({ directives }) => directives.seed);
    expect(calls.sort()).toEqual(asked.map(({ seed }) => seed).sort());
    const goaways = sixty.flatMap((user) => user.all("goaway"));
    expect(goaways.length).toBeGreaterThanOrEqual(LOAD);
    expect(Math.max(...goaways.map(({ reconnectIn }) => reconnectIn))).toBe(ACME_ABANDONS / 2);
    expect(Math.max(...sixty.map((user) => user.longestGap))).toBeLessThan(2_000);
    for (const { client } of sixty) client.destroy();
  }, 120_000);
});

describe("an instance that is asked to stop", () => {
  const SEED_OF_MOMENTS = testSeed("deploys");
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;
  beforeAll(async () => {
    instances = await prepareInstances(SEED);
    right = await instances.start({ ANTHROPIC_API_KEY: "right" });
  });
  beforeEach(async () => {
    left = await instances.start({ ANTHROPIC_API_KEY: "left", DRAIN_SECONDS: "20" });
  });
  afterEach(async () => void (await left.end("SIGKILL")));
  afterAll(() => instances.stop());

  const callersOf = (seed: number): unknown[] =>
    instances.upstream.requests.filter(({ directives }) => directives.seed === seed).map(callerOf);

  test(`sees its clients leave one by one, before they have to, and ends with the last of them (seed ${SEED_OF_MOMENTS})`, async () => {
    const balancer = await startBalancer();
    await balancer.add(left);
    const eighty = Array.from({ length: 80 }, (_, index) => {
      const token = newUser();
      const random = seededRandom(SEED_OF_MOMENTS * 80 + index);
      return new HeadlessUser({ gateway: balancer.url, entry: { token: () => token }, random, clock });
    });
    await Promise.all(eighty.map(({ client }) => client.connect()));
    await balancer.add(right);
    const ended = left.end("SIGTERM");
    const told = await Promise.all(eighty.map((user) => user.frame("goaway")));
    const took = measure();
    expect(new Set(told.map(({ reconnectIn }) => reconnectIn))).toEqual(new Set([ACME_ABANDONS / 2]));
    const cameBack = (user: HeadlessUser) => user.states.filter(({ state }) => state.status === "live")[1];
    await Promise.all(eighty.map((user) => user.until(() => cameBack(user) !== undefined)));
    const quarters = [0, 0, 0, 0];
    for (const { leavesIn } of eighty) {
      const quarter = Math.floor((((leavesIn ?? -1) / 1_000) * 4) / (ACME_ABANDONS / 2));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    expect(quarters).toHaveLength(4);
    expect(Math.min(...quarters)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...quarters)).toBeLessThanOrEqual(45);
    expect(Math.max(...eighty.map((user) => user.longestGap))).toBeLessThan(2_000);
    expect(await ended).toBe(0);
    expect(took()).toBeLessThan(10_000);
    for (const { client } of eighty) client.destroy();
    await balancer.close();
  });

  test("gives nobody longer to come back than half of what their tenant waits, nor than it lives itself", async () => {
    const brief = await instances.start({ DRAIN_SECONDS: "1" });
    const globex = { secret: GLOBEX_SECRET, kid: "globex-1" };
    const [acme, other, brieflyAcme] = await Promise.all([
      connect(left.chatUrl, { token: newUser() }),
      connect(left.chatUrl, { token: signToken({ tenant_id: "globex" }, globex) }),
      connect(brief.chatUrl, { token: newUser() }),
    ]);
    const ended = [left.end("SIGTERM"), brief.end("SIGTERM")];
    expect(await acme.frame("goaway")).toMatchObject({ reconnectIn: ACME_ABANDONS / 2, reason: "restart" });
    expect(await other.frame("goaway")).toMatchObject({ reconnectIn: GLOBEX_ABANDONS / 2 });
    expect(await brieflyAcme.frame("goaway")).toMatchObject({ reconnectIn: 1 });
    await Promise.all([acme.close(), other.close(), brieflyAcme.close()]);
    expect(await Promise.all(ended)).toEqual([0, 0]);
  });

  test("with nothing to do and nobody there, it ends at once", async () => {
    const took = measure();
    expect(await left.end("SIGTERM")).toBe(0);
    expect(took()).toBeLessThan(5_000);
  });

  test("still takes what is asked of it, and another answers", async () => {
    const client = await connect(left.chatUrl, { token: newUser() });
    const running = await client.ask("[[sim tokens=60 rate=100 seed=501 hold-after=20]]");
    await client.until(() => client.textOf(running.reply).seq > 0, "the first chunk");
    const ended = left.end("SIGTERM");
    await client.frame("goaway");
    const behind = await client.ask("[[sim tokens=10 rate=200 seed=502]]", {
      conversation: running.conversation,
    });
    client.send({ type: "open", id: "new", conversation: "new" });
    const { conversation } = await client.frame("conversation");
    const beside = await client.ask("[[sim tokens=10 rate=200 seed=503]]", { conversation });
    const cancelled = await client.ask("[[sim tokens=5000 rate=50 seed=504]]", { conversation });
    client.send({ type: "cancel", id: "stop", reply: cancelled.reply });
    instances.upstream.goOn();
    for (const [{ reply }, seed, tokens] of [
      [beside, 503, 10],
      [running, 501, 60],
      [behind, 502, 10],
    ] as const) {
      expect(await client.frame("done", (done) => done.reply === reply)).toMatchObject({ reason: "stop" });
      expect(client.textOf(reply).text).toBe(expectedText(seed, tokens));
    }
    const end = await client.frame("done", ({ reply }) => reply === cancelled.reply);
    expect(end.reason).toBe("cancelled");
    expect([501, 502, 503].map(callersOf)).toEqual([["left"], ["right"], ["right"]]);
    expect(client.all("error")).toEqual([]);
    expect(client.all("done")).toHaveLength(4);
    await client.close();
    expect(await ended).toBe(0);
  });

  test("hands over what it cannot finish in time, rather than let it wait for a lease to run out", async () => {
    const brief = await instances.start({ DRAIN_SECONDS: "1", ANTHROPIC_API_KEY: "brief" });
    const token = newUser();
    const [here, there] = await Promise.all([
      connect(brief.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    instances.upstream.next({ stallAfter: 40 });
    const { reply } = await here.ask("[[sim tokens=120 rate=100 seed=511]]");
    await there.until(() => there.textOf(reply).seq >= 10, "ten chunks");
    const took = measure();
    const ended = brief.end("SIGTERM");
    const snapshot = await there.frame("snapshot", (frame) => frame.reply === reply);
    expect(took()).toBeLessThan(7_000);
    expect(snapshot.epoch).toBe(2);
    expect(await here.closed).toBe(1012);
    expect(await ended).toBe(0);
    expect([...here.all("done"), ...here.all("error")]).toEqual([]);
    const done = await there.frame("done");
    expect(done).toMatchObject({ reply, reason: "stop", epoch: 2 });
    expect(there.textOf(reply).text).toBe(expectedText(511, 120));
    expect(callersOf(511)).toEqual(["brief", "right"]);
    expect(there.all("error")).toEqual([]);
    await there.close();
  });
});
