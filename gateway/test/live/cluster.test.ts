import { relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { until } from "../ports/support/until.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY } from "./support/test-gateway.ts";

/** Milliseconds in which an instance that has something to tell again does so. */
const TWO_BEATS = 2_100;

let users = 0;
const newUser = (): string => signToken({ sub: `user-${users++}` });

/** Resumes what `ready` lists, as a client does. */
function resumeAll(client: TestClient): void {
  for (const { reply } of client.all("ready")[0]?.replies ?? [])
    client.send({ type: "resume", reply, after: 0 });
}

describe("two instances on one Redis", () => {
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;

  beforeAll(async () => {
    instances = await prepareInstances();
    left = await instances.start();
    right = await instances.start();
  });
  afterAll(() => instances.stop());

  test("nothing is published while all of a user's sockets are with the owner, not even beats for long", async () => {
    const redis = new Redis(instances.redisUrl);
    const published = async (): Promise<number> => {
      const calls = /^cmdstat_publish:calls=(\d+)/m.exec(await redis.info("commandstats"));
      return Number(calls?.[1] ?? 0);
    };
    const client = await connect(left.chatUrl, { token: newUser() });
    // What the instances said as they met is told again for a few seconds.
    let before = await published();
    const told = async (): Promise<boolean> => {
      await pause(TWO_BEATS);
      const now = await published();
      const quiet = now === before;
      before = now;
      return quiet;
    };
    await until(told);
    const ack = await client.ask("[[sim tokens=100 rate=50 seed=51]]");
    await client.frame("done", ({ reply }) => reply === ack.reply);
    client.send({ type: "typing", active: true, conversation: ack.conversation });
    await client.roundTrip();
    expect(await published()).toBe(before);
    redis.disconnect();
    await client.close();
  });

  test("a conversation is live in both: message, typing, tokens to the exact text, one done each", async () => {
    const token = newUser();
    const [here, there] = await Promise.all([
      connect(left.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    const ack = await here.ask("[[sim tokens=120 rate=400 seed=21]]");
    const message = await there.frame("message");
    expect(message.message).toMatchObject({ id: ack.message, role: "user" });
    await Promise.all(
      [here, there].map((client) => client.frame("done", ({ reply }) => reply === ack.reply)),
    );
    for (const client of [here, there]) {
      expect(client.textOf(ack.reply).text).toBe(expectedText(21, 120));
      expect(client.all("done")).toHaveLength(1);
    }
    there.send({ type: "typing", active: true, conversation: ack.conversation });
    expect(await here.frame("typing", ({ by }) => by === "user")).toMatchObject({ active: true });
    await Promise.all([here.close(), there.close()]);
  });

  test("a socket opened elsewhere mid-answer resumes at the exact chunk, and goes on live", async () => {
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    const ack = await here.ask("[[sim tokens=150 rate=150 seed=22]]");
    await here.until(() => here.textOf(ack.reply).seq >= 30, "thirty chunks");
    await here.close();
    const there = await connect(right.chatUrl, { token });
    const [listed] = there.all("ready")[0]?.replies ?? [];
    expect(listed).toMatchObject({ reply: ack.reply, state: "streaming" });
    expect(listed?.seq).toBeGreaterThanOrEqual(30);
    resumeAll(there);
    await there.frame("done", ({ reply }) => reply === ack.reply);
    expect(there.textOf(ack.reply).text).toBe(expectedText(22, 150));
    await there.close();
  });

  test("two tabs asking on two instances are answered in one order, each question once", async () => {
    const token = newUser();
    const [here, there] = await Promise.all([
      connect(left.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    const first = await here.ask("[[sim tokens=30 rate=300 seed=31]]");
    const { conversation } = first;
    const rest = await Promise.all([
      there.ask("[[sim tokens=10 rate=300 seed=32]]", { conversation }),
      here.ask("[[sim tokens=10 rate=300 seed=33]]", { conversation }),
      there.ask("[[sim tokens=10 rate=300 seed=34]]", { conversation }),
    ]);
    const replies = [first, ...rest].map(({ reply }) => reply);
    await Promise.all(
      [here, there].map((client) => client.until(() => client.all("done").length === 4, "four ends")),
    );
    const orders = [here, there].map((client) => client.all("done").map(({ reply }) => reply));
    expect(orders[0]).toEqual(orders[1]);
    expect(new Set(orders[0])).toEqual(new Set(replies));
    const seeds = instances.upstream.requests.map(({ directives }) => directives.seed);
    for (const seed of [31, 32, 33, 34]) expect(seeds.filter((each) => each === seed)).toHaveLength(1);
    here.send({ type: "open", id: "order", conversation });
    const { messages } = await here.frame("conversation");
    const answers = messages.filter(({ role }) => role === "assistant").map(({ id }) => id);
    expect(answers).toEqual(orders[0]);
    await Promise.all([here.close(), there.close()]);
  });

  test("cancel on one stops what runs on the other", async () => {
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    const ack = await here.ask("[[sim tokens=5000 rate=100 seed=41]]");
    const there = await connect(right.chatUrl, { token });
    there.send({ type: "cancel", id: "stop", reply: ack.reply });
    await there.frame("ok", ({ ref }) => ref === "stop");
    expect(await here.frame("done")).toMatchObject({ reply: ack.reply, reason: "cancelled" });
    await instances.upstream.waitFor(
      (record) => record.directives.seed === 41 && record.abortedAt !== undefined,
    );
    there.send({ type: "cancel", id: "again", reply: ack.reply });
    await there.frame("ok", ({ ref }) => ref === "again");
    await Promise.all([here.close(), there.close()]);
  });

  test("a message pushed by the customer's back end reaches the user on whatever instance, once", async () => {
    const sub = `pushed-${users++}`;
    const there = await connect(right.chatUrl, { token: signToken({ sub }) });
    const push = (): Promise<Response> =>
      fetch(`http://127.0.0.1:${left.port}/v1/users/${sub}/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${ACME_API_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({
          id: "order-1",
          content: "Your order left.",
          author: { kind: "agent", name: "Anna" },
        }),
      });
    const response = await push();
    expect(response.status).toBe(201);
    const answer = await response.json();
    expect(answer).toMatchObject({ id: "order-1", delivered: true });
    const pushed = await there.frame("message");
    expect(pushed).toMatchObject({
      conversation: answer.conversation,
      message: { id: "order-1", content: "Your order left.", author: { kind: "agent", name: "Anna" } },
    });
    expect(await (await push()).json()).toEqual(answer);
    there.send({ type: "open", id: "again", conversation: answer.conversation });
    const { messages } = await there.frame("conversation");
    expect(messages.map(({ id }) => id)).toEqual(["order-1"]);
    expect(there.all("message")).toHaveLength(1);
    await there.close();
  });

  test("another archive or secret stops the start with one clear error", async () => {
    await expect(
      instances.start({ PARLANCE_SECRET: "another-secret-of-at-least-32-characters!" }),
    ).rejects.toThrow(/PARLANCE_SECRET: other instances/);
    await expect(
      instances.start({ DATA_DIR: `${process.cwd()}/node_modules/.parlance/other` }),
    ).rejects.toThrow(/DATA_DIR/);
  });

  test("the same archive may be named in another way", async () => {
    const same = relative(process.cwd(), instances.dataDirectory);
    expect(await (await instances.start({ DATA_DIR: same })).end("SIGTERM")).toBe(0);
  });
});

describe("an instance that goes", () => {
  let instances: Instances;
  beforeAll(async () => {
    instances = await prepareInstances();
  });
  afterAll(() => instances.stop());

  test("killed mid-answer, it is taken over within ten seconds: a snapshot of the next epoch, then the exact text", async () => {
    const [left, right] = await Promise.all([instances.start(), instances.start()]);
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    const there = await connect(right.chatUrl, { token });
    instances.upstream.next({ stallAfter: 40 });
    const ack = await here.ask("[[sim tokens=200 rate=100 seed=61]]");
    const waiting = await here.ask("[[sim tokens=5 rate=100 seed=62]]", { conversation: ack.conversation });
    await there.until(() => there.textOf(ack.reply).seq >= 20, "twenty chunks");
    const killedAt = performance.now();
    await left.end("SIGKILL");
    const snapshot = await there.frame("snapshot", ({ reply }) => reply === ack.reply);
    expect(performance.now() - killedAt).toBeLessThan(10_500);
    expect(snapshot.epoch).toBeGreaterThan(1);
    const done = await there.frame("done", ({ reply }) => reply === ack.reply);
    expect(done).toMatchObject({ reason: "stop", epoch: snapshot.epoch });
    expect(there.textOf(ack.reply).text).toBe(expectedText(61, 200));
    await there.frame("done", ({ reply }) => reply === waiting.reply);
    expect(there.textOf(waiting.reply).text).toBe(expectedText(62, 5));
    expect(there.all("done")).toHaveLength(2);
    await there.close();
    await right.end("SIGKILL");
  });

  test("a socket that has not resumed yet what `ready` named is not sent it because of a take-over", async () => {
    const [left, right] = await Promise.all([instances.start(), instances.start()]);
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    instances.upstream.next({ stallAfter: 40 });
    const ack = await here.ask("[[sim tokens=120 rate=60 seed=65]]");
    await here.until(() => here.textOf(ack.reply).seq > 3, "three chunks");
    const there = await connect(right.chatUrl, { token });
    expect(there.all("ready")[0]?.replies).toMatchObject([{ reply: ack.reply }]);
    await left.end("SIGKILL");
    const attempts = (): number =>
      instances.upstream.requests.filter(({ directives }) => directives.seed === 65).length;
    await instances.upstream.waitFor(() => attempts() === 2);
    await there.roundTrip();
    expect(there.ofReply(ack.reply)).toEqual([]);
    resumeAll(there);
    await there.frame("done", ({ reply }) => reply === ack.reply);
    expect(there.textOf(ack.reply).text).toBe(expectedText(65, 120));
    expect(there.all("done")).toHaveLength(1);
    await there.close();
    await right.end("SIGKILL");
  });

  test("asked to stop, its running answer finishes and what waits moves at once; no token is lost", async () => {
    const [left, right] = await Promise.all([instances.start(), instances.start()]);
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    const there = await connect(right.chatUrl, { token });
    const running = await here.ask("[[sim tokens=80 rate=60 seed=71]]");
    const waiting = await here.ask("[[sim tokens=10 rate=100 seed=72]]", {
      conversation: running.conversation,
    });
    await here.until(() => here.textOf(running.reply).seq > 5, "five chunks");
    const ended = left.end("SIGTERM");
    await here.frame("goaway");
    for (const { reply, seed, tokens } of [
      { reply: running.reply, seed: 71, tokens: 80 },
      { reply: waiting.reply, seed: 72, tokens: 10 },
    ]) {
      expect(await there.frame("done", (done) => done.reply === reply)).toMatchObject({ reason: "stop" });
      expect(there.textOf(reply).text).toBe(expectedText(seed, tokens));
    }
    await here.frame("done", (done) => done.reply === waiting.reply);
    expect(here.textOf(running.reply).text).toBe(expectedText(71, 80));
    await here.close();
    expect(await ended).toBe(0);
    await there.close();
    await right.end("SIGKILL");
  });

  test("paused until it was overtaken, it stores and sends nothing more", async () => {
    const [left, right] = await Promise.all([instances.start(), instances.start()]);
    const token = newUser();
    const here = await connect(left.chatUrl, { token });
    const there = await connect(right.chatUrl, { token });
    const ack = await here.ask("[[sim tokens=150 rate=20 seed=81]]");
    await there.until(() => there.textOf(ack.reply).seq >= 5, "five chunks");
    left.process.kill("SIGSTOP");
    const snapshot = await there.frame("snapshot", ({ reply }) => reply === ack.reply);
    left.process.kill("SIGCONT");
    const done = await there.frame("done", ({ reply }) => reply === ack.reply);
    expect(done).toMatchObject({ reason: "stop", epoch: snapshot.epoch });
    expect(there.textOf(ack.reply).text).toBe(expectedText(81, 150));
    await here.frame("done", ({ reply }) => reply === ack.reply);
    expect(here.all("done")).toEqual([done]);
    expect(here.textOf(ack.reply).text).toBe(expectedText(81, 150));
    await Promise.all([here.close(), there.close()]);
    await Promise.all([left.end("SIGKILL"), right.end("SIGKILL")]);
  });
});
