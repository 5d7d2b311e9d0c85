import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { redisKeys } from "../../src/adapters/redis/keys.ts";
import { scopeOf } from "../ports/support/scopes.ts";
import { until } from "../ports/support/until.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";

describe("an instance that dies when something is stored and the other instances are not told yet", () => {
  let instances: Instances;
  let redis: Redis;
  let archive: DatabaseSync;
  let first: GatewayProcess;
  let second: GatewayProcess;
  beforeEach(async () => {
    instances = await prepareInstances();
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

  /** A user's tabs on both instances, and a question that is answered in both. */
  const enter = async (sub: string) => {
    const token = signToken({ sub });
    const [there, here] = await Promise.all(
      [first, second].map(({ chatUrl }) => connect(chatUrl, { token })),
    );
    if (there === undefined || here === undefined) throw new Error("two are connected");
    const { conversation, message, reply } = await there.ask("[[sim tokens=3]]");
    await Promise.all([there, here].map((tab) => tab.frame("done", (done) => done.reply === reply)));
    return { token, there, here, conversation, message, reply };
  };
  /** From now on nobody can be told anything, until the first instance is dead, which it is once something is stored. */
  const dieOnce = async (isStored: () => boolean): Promise<void> => {
    await until(isStored);
    await first.end("SIGKILL");
    instances.redis.resume();
  };
  const comesBack = async (tab: TestClient, token: string): Promise<TestClient> => {
    await tab.frame("goaway", ({ reason }) => reason === "missed");
    return connect(second.chatUrl, { token });
  };

  test("a conversation that was cleared goes from the user's other tabs, and nobody else is asked to come back", async () => {
    const { token, there, here, conversation } = await enter("ada");
    const told = await enter("bob");
    told.there.send({ type: "clear", id: "told", conversation: told.conversation });
    await told.here.frame("cleared");

    instances.redis.pause();
    there.send({ type: "clear", id: "c", conversation });
    const cleared = archive.prepare("SELECT 1 FROM conversations WHERE id = ? AND cleared_at IS NOT NULL");
    await dieOnce(() => cleared.get(conversation) !== undefined);

    const back = await comesBack(here, token);
    expect(here.all("cleared")).toEqual([]);
    expect(await back.frame("ready")).toMatchObject({ conversation: null, messages: [] });
    await told.here.roundTrip();
    expect(told.here.all("goaway")).toEqual([]);
  });

  test("an answer that is made anew takes the place of the former one in the user's other tabs", async () => {
    const { token, there, here, message, reply } = await enter("ada");
    archive.exec("BEGIN IMMEDIATE");
    there.send({ type: "regenerate", id: "again", message });
    const held = redisKeys.streams(scopeOf("acme", "ada"));
    await until(async () => (await redis.hlen(held)) > 0);
    instances.redis.pause();
    archive.exec("ROLLBACK");
    const anew = archive.prepare("SELECT 1 FROM messages WHERE question = ? AND kind = 'regenerate'");
    await dieOnce(() => anew.get(message) !== undefined);

    const back = await comesBack(here, token);
    expect(here.all("truncate")).toEqual([]);
    const { messages } = await back.frame("ready");
    expect(messages.filter(({ to }) => to === message)).toHaveLength(1);
    expect(messages.map(({ id }) => id)).not.toContain(reply);
  });
});
