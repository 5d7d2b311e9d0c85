import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { redisKeys } from "../../src/adapters/redis/keys.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { scopeOf } from "../ports/support/scopes.ts";
import { until } from "../ports/support/until.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_SECRET, TWO_TENANTS } from "./support/test-gateway.ts";

const [ACME] = TWO_TENANTS.tenants;
const tenant = (id: string, limits: object) => ({
  ...ACME,
  id,
  limits: { messagesPerMinute: 200, concurrentStreams: 1, ...limits },
  siteKeys: [],
  signingKeys: [{ kid: "one", algorithm: "HS256" as const, secret: ACME_SECRET }],
  apiKeys: [],
});
const LONG = "[[sim tokens=4000 rate=50]]";
const SHORT = "[[sim tokens=3]]";
/** Milliseconds after which what a dead instance had begun has to be forgotten. */
const FORGOTTEN = 15_000;
/** Milliseconds between two tries of a client that was refused. */
const RETRY = 250;

describe("a turn that is reserved and not acknowledged yet, when its instance is lost", () => {
  let instances: Instances;
  let redis: Redis;
  let archive: DatabaseSync;
  let first: GatewayProcess;
  let second: GatewayProcess;
  beforeEach(async () => {
    instances = await prepareInstances({
      tenants: [
        tenant("streams", {}),
        tenant("ceiling", { concurrentStreams: 3, tenant: { concurrentStreams: 1 } }),
        tenant("budget", { concurrentStreams: 3, tokensPerMonth: 1_000 }),
      ],
    });
    first = await instances.start();
    second = await instances.start();
    redis = new Redis(instances.redisUrl);
    archive = new DatabaseSync(join(instances.dataDirectory, "parlance.db"), { timeout: 10_000 });
  });
  afterEach(async () => {
    archive.close();
    redis.disconnect();
    await instances.stop();
  });

  const enter = ({ chatUrl }: GatewayProcess, tenantId: string): Promise<TestClient> =>
    connect(chatUrl, {
      token: signToken({ tenant_id: tenantId, sub: "ada" }, { secret: ACME_SECRET, kid: "one" }),
    });
  const newConversation = async (client: TestClient, id: string): Promise<string> => {
    client.send({ type: "open", id, conversation: "new" });
    return (await client.frame("conversation", ({ ref }) => ref === id)).conversation;
  };
  /** Asks questions that are reserved, by those keys, and stored only once `letItBeStored` is called. */
  const askInVain = async (asking: readonly (() => void)[], held: readonly string[]) => {
    archive.exec("BEGIN IMMEDIATE");
    for (const ask of asking) ask();
    await until(async () =>
      (await Promise.all(held.map((key) => redis.hlen(key)))).every((count) => count > 0),
    );
    return { letItBeStored: () => archive.exec("ROLLBACK") };
  };
  /** What becomes of a question: null where it is acknowledged, or why it is refused. */
  const refusalOf = async (client: TestClient, content: string, conversation?: string) => {
    try {
      await client.ask(content, conversation === undefined ? {} : { conversation });
      return null;
    } catch (error) {
      return /[A-Z]+_[A-Z]+/.exec(String(error))?.[0] ?? "";
    }
  };
  /** Asks again and again until a question is taken. */
  const taken = (client: TestClient, content: string, conversation?: string): Promise<void> =>
    until(
      async () => (await refusalOf(client, content, conversation)) === null,
      () => pause(RETRY),
    );
  const STREAM = redisKeys.reservations(scopeOf("streams", "ada"));
  const ENDS = redisKeys.reservationEnds(scopeOf("streams", "ada"));

  test("it holds stream, ceiling and budget no more soon after that died", async () => {
    const users = await Promise.all(
      ["streams", "ceiling", "budget"].map(async (id) => {
        const [lost, client] = [await enter(first, id), await enter(second, id)];
        // Of all that is read for a question, nothing is left to be read behind one that waits to be stored.
        const { conversation, reply } = await lost.ask(SHORT);
        await lost.frame("done", (done) => done.reply === reply);
        return { lost, conversation, client, other: await newConversation(client, "other") };
      }),
    );
    const { letItBeStored } = await askInVain(
      users.map(({ lost, conversation }) => () => {
        lost.send({ type: "message", id: "lost", conversation, content: SHORT });
      }),
      [
        redisKeys.streams(scopeOf("streams", "ada")),
        redisKeys.streams({ tenant: scopeOf("ceiling", "").tenant, user: null }),
        redisKeys.budgetHeld(scopeOf("budget", "").tenant),
      ],
    );
    const refusals = users.map(({ client, other }) => refusalOf(client, SHORT, other));
    expect(await Promise.all(refusals)).toEqual([
      "CONCURRENCY_LIMITED",
      "CONCURRENCY_LIMITED",
      "BUDGET_EXHAUSTED",
    ]);
    const since = measure();
    await first.end("SIGKILL");
    letItBeStored();
    await Promise.all(users.map(({ client, other }) => taken(client, SHORT, other)));
    expect(since()).toBeLessThan(FORGOTTEN);
  });

  test("it counts on where that was only stopped, for however long, and took it when it woke", async () => {
    const asleep = await enter(first, "streams");
    const one = await newConversation(asleep, "one");
    const awake = await enter(second, "streams");
    const other = await newConversation(awake, "other");
    const { letItBeStored } = await askInVain(
      [() => asleep.send({ type: "message", id: "late", conversation: one, content: LONG })],
      [STREAM],
    );
    const [reply = ""] = await redis.hkeys(STREAM);
    const end = async () => Number(await redis.zscore(ENDS, reply));
    const reserved = await end();
    // As long as it lives, however long it takes to be stored.
    await until(async () => (await end()) > reserved);
    first.process.kill("SIGSTOP");
    letItBeStored();
    await taken(awake, LONG, other);
    first.process.kill("SIGCONT");
    const late = await asleep.frame("ack", ({ id }) => id === "late");
    await until(async () => (await end()) > reserved + 60_000);

    const meanwhile = awake.all("ack").at(-1);
    awake.send({ type: "cancel", reply: meanwhile?.reply });
    await awake.frame("done", ({ reply }) => reply === meanwhile?.reply);
    expect(await refusalOf(awake, SHORT, other)).toBe("CONCURRENCY_LIMITED");
    asleep.send({ type: "cancel", reply: late.reply });
    await asleep.frame("done", ({ reply }) => reply === late.reply);
    await taken(awake, SHORT, other);
  });

  test("stored, and taken over by another, it counts until its answer ends", async () => {
    const asking = await enter(first, "streams");
    const one = await newConversation(asking, "one");
    const { letItBeStored } = await askInVain(
      [() => asking.send({ type: "message", id: "owed", conversation: one, content: LONG })],
      [STREAM],
    );
    const [reply = ""] = await redis.hkeys(STREAM);
    const reserved = Number(await redis.zscore(ENDS, reply));
    // That it was taken cannot be said to Redis any more.
    instances.redis.pause();
    letItBeStored();
    const stored = archive.prepare("SELECT 1 FROM messages WHERE id = ?");
    await until(async () => stored.get(reply) !== undefined);
    await first.end("SIGKILL");
    instances.redis.resume();

    const reading = await enter(second, "streams");
    reading.send({ type: "resume", reply, after: 0 });
    await reading.until(() => reading.textOf(reply).seq > 0, "the answer by another");
    expect(Number(await redis.zscore(ENDS, reply))).toBeGreaterThan(reserved + 60_000);
    const other = await newConversation(reading, "other");
    expect(await refusalOf(reading, SHORT, other)).toBe("CONCURRENCY_LIMITED");
    reading.send({ type: "cancel", reply });
    await reading.frame("done", (done) => done.reply === reply);
    await taken(reading, SHORT, other);
  });
});
