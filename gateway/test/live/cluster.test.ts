import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY, TWO_TENANTS } from "./support/test-gateway.ts";

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
    const ack = await here.ask("[[sim tokens=150 rate=150 seed=22 hold-after=60]]");
    await here.until(() => here.textOf(ack.reply).seq >= 30, "thirty chunks");
    await here.close();
    const there = await connect(right.chatUrl, { token });
    const [listed] = there.all("ready")[0]?.replies ?? [];
    expect(listed).toMatchObject({ reply: ack.reply, state: "streaming" });
    expect(listed?.seq).toBeGreaterThanOrEqual(30);
    resumeAll(there);
    instances.upstream.goOn();
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
    const [secret, archive] = [
      instances.start({ PARLANCE_SECRET: "another-secret-of-at-least-32-characters!" }),
      instances.start({ DATA_DIR: `${process.cwd()}/node_modules/.parlance/other` }),
    ];
    await Promise.all([
      expect(secret).rejects.toThrow(/PARLANCE_SECRET: other instances/),
      expect(archive).rejects.toThrow(/DATA_DIR/),
    ]);
  });

  test("another secret stops the start before anything is sealed with it", async () => {
    const archive = new DatabaseSync(join(instances.dataDirectory, "parlance.db"), { readOnly: true });
    const keys = () => archive.prepare("SELECT * FROM signing_keys ORDER BY 1, 2").all();
    const before = keys();
    const seed = join(instances.dataDirectory, "changed.json");
    const tenants = TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, systemPrompt: "You are another." }));
    await writeFile(seed, JSON.stringify({ tenants }));
    const starting = instances.start({
      PARLANCE_CONFIG: seed,
      PARLANCE_SECRET: "another-secret-of-at-least-32-characters!",
      PARLANCE_SECRET_PREVIOUS: "and-a-former-one-of-at-least-32-characters",
    });
    await expect(starting).rejects.toThrow(/PARLANCE_SECRET: other instances/);
    expect(keys()).toEqual(before);
    archive.close();
    await (await connect(left.chatUrl, { token: newUser() })).close();
  });

  test("the same archive may be named in another way", async () => {
    const same = relative(process.cwd(), instances.dataDirectory);
    expect(await (await instances.start({ DATA_DIR: same })).end("SIGTERM")).toBe(0);
  });
});

describe("an instance that goes", () => {
  let instances: Instances;
  let staying: GatewayProcess;
  let leaving: GatewayProcess;
  let dying: GatewayProcess;
  let sleeping: GatewayProcess;
  beforeAll(async () => {
    instances = await prepareInstances();
    [staying, leaving, dying, sleeping] = await Promise.all([
      instances.start(),
      instances.start(),
      instances.start(),
      instances.start(),
    ]);
  });
  afterAll(() => instances.stop());

  /** Has an answer under way on one, which goes on when it is let go; the user has a socket there and nowhere else. */
  const midAnswer = async (going: GatewayProcess, seed: number) => {
    const token = newUser();
    const here = await connect(going.chatUrl, { token });
    instances.upstream.next({ holdAfter: 40 });
    const { reply, conversation } = await here.ask(`[[sim tokens=200 rate=100 seed=${seed}]]`);
    await here.until(() => here.textOf(reply).seq >= 20, "twenty chunks");
    return { token, here, reply, conversation, text: expectedText(seed, 200) };
  };
  /** The same, where they have another socket on the one that stays, and a question that waits. */
  const midAnswerInBoth = async (going: GatewayProcess, seed: number) => {
    const answer = await midAnswer(going, seed);
    const { token, here, conversation, reply } = answer;
    const there = await connect(staying.chatUrl, { token });
    there.send({ type: "resume", reply, after: 0 });
    await there.until(() => there.textOf(reply).seq >= 20, "twenty chunks");
    const waiting = await here.ask(`[[sim tokens=5 rate=100 seed=${seed + 1}]]`, { conversation });
    return { ...answer, there, waiting: { reply: waiting.reply, text: expectedText(seed + 1, 5) } };
  };

  test("asked to stop, its running answer finishes and what waits moves at once; no token is lost", async () => {
    const { here, there, reply, text, waiting } = await midAnswerInBoth(leaving, 71);
    const ended = leaving.end("SIGTERM");
    await here.frame("goaway");
    instances.upstream.goOn();
    for (const answer of [{ reply, text }, waiting]) {
      expect(await there.frame("done", (done) => done.reply === answer.reply)).toMatchObject({
        reason: "stop",
      });
      expect(there.textOf(answer.reply).text).toBe(answer.text);
    }
    await here.frame("done", (done) => done.reply === waiting.reply);
    expect(here.textOf(reply).text).toBe(text);
    await here.close();
    expect(await ended).toBe(0);
    await there.close();
  });

  describe("without a word", () => {
    let killed: Awaited<ReturnType<typeof midAnswerInBoth>>;
    let unresumed: Awaited<ReturnType<typeof midAnswer>>;
    let late: TestClient;
    let paused: Awaited<ReturnType<typeof midAnswerInBoth>>;
    let gone: () => number;
    beforeAll(async () => {
      killed = await midAnswerInBoth(dying, 61);
      unresumed = await midAnswer(dying, 65);
      late = await connect(staying.chatUrl, { token: unresumed.token });
      paused = await midAnswerInBoth(sleeping, 81);
      sleeping.process.kill("SIGSTOP");
      await dying.end("SIGKILL");
      gone = measure();
      // What the one that sleeps is to find when it wakes: its answer's end.
      instances.upstream.goOn();
    });

    test("killed mid-answer, it is taken over within ten seconds: a snapshot of the next epoch, then the exact text", async () => {
      const { there, reply, text, waiting } = killed;
      const snapshot = await there.frame("snapshot", (frame) => frame.reply === reply && frame.epoch > 1);
      expect(gone()).toBeLessThan(10_500);
      const done = await there.frame("done", (frame) => frame.reply === reply);
      expect(done).toMatchObject({ reason: "stop", epoch: snapshot.epoch });
      expect(there.textOf(reply).text).toBe(text);
      await there.frame("done", (frame) => frame.reply === waiting.reply);
      expect(there.textOf(waiting.reply).text).toBe(waiting.text);
      expect(there.all("done")).toHaveLength(2);
      await there.close();
    });

    test("paused until it was overtaken, it stores and sends nothing more", async () => {
      const { here, there, reply, text, waiting } = paused;
      const snapshot = await there.frame("snapshot", (frame) => frame.reply === reply && frame.epoch > 1);
      sleeping.process.kill("SIGCONT");
      const done = await there.frame("done", (frame) => frame.reply === reply);
      expect(done).toMatchObject({ reason: "stop", epoch: snapshot.epoch });
      expect(there.textOf(reply).text).toBe(text);
      for (const id of [reply, waiting.reply]) await here.frame("done", (frame) => frame.reply === id);
      expect(here.all("done").filter((frame) => frame.reply === reply)).toEqual([done]);
      expect(here.textOf(reply).text).toBe(text);
      expect(here.textOf(waiting.reply).text).toBe(waiting.text);
      await Promise.all([here.close(), there.close()]);
    });

    test("a socket that has not resumed yet what `ready` named is not sent it because of a take-over", async () => {
      const { reply, text } = unresumed;
      expect(late.all("ready")[0]?.replies).toMatchObject([{ reply }]);
      const attempts = (): number =>
        instances.upstream.requests.filter(({ directives }) => directives.seed === 65).length;
      await instances.upstream.waitFor(() => attempts() === 2);
      await late.roundTrip();
      expect(late.ofReply(reply)).toEqual([]);
      resumeAll(late);
      await late.frame("done", (frame) => frame.reply === reply);
      expect(late.textOf(reply).text).toBe(text);
      expect(late.all("done")).toHaveLength(1);
      await late.close();
    });
  });
});
