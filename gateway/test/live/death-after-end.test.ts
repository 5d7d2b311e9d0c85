import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { redisKeys } from "../../src/adapters/redis/keys.ts";
import { cuttableProxy } from "../ports/support/cuttable-proxy.ts";
import { scopeOf } from "../ports/support/scopes.ts";
import { until } from "../ports/support/until.ts";
import { prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

/** Milliseconds for which a stream counts at least that is held for an answer. */
const HELD = 60_000;

/** Chunks after which the model waits for the test. */
const HELD_AFTER = 5;

test("an instance that dies when an answer's end is stored, and nothing else of it is done, leaves its user's stream free", async () => {
  const instances = await prepareInstances({
    tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, limits: { concurrentStreams: 1 } })),
  });
  const way = await cuttableProxy(instances.redis.port);
  const redis = new Redis(instances.redisUrl);
  const archive = new DatabaseSync(join(instances.dataDirectory, "parlance.db"), { timeout: 10_000 });
  try {
    const dying = await instances.start({ REDIS_URL: `redis://127.0.0.1:${way.port}` });
    const staying = await instances.start();
    const token = signToken({ sub: "ada" });
    const there = await connect(dying.chatUrl, { token });
    instances.upstream.next({ holdAfter: HELD_AFTER });
    const { reply } = await there.ask("[[sim tokens=20]]");
    const held = async () =>
      Number(await redis.zscore(redisKeys.reservationEnds(scopeOf("acme", "ada")), reply));
    await until(async () => (await held()) > Date.now() + HELD);
    await there.until(() => there.textOf(reply).seq === HELD_AFTER, "what is not held");

    way.cut();
    instances.upstream.goOn();
    const ended = archive.prepare("SELECT 1 FROM messages WHERE id = ? AND model IS NOT NULL");
    await until(() => ended.get(reply) !== undefined);
    await dying.end("SIGKILL");
    expect(await held()).toBeGreaterThan(Date.now() + HELD);

    const here = await connect(staying.chatUrl, { token });
    const ask = async (id: string) => {
      here.send({ type: "open", id, conversation: "new" });
      const { conversation } = await here.frame("conversation", ({ ref }) => ref === id);
      return here.ask("[[sim tokens=4000 rate=50]]", { conversation });
    };
    const next = await ask("one");
    await expect(ask("too-many")).rejects.toThrow("CONCURRENCY_LIMITED");
    here.send({ type: "cancel", reply: next.reply });
    await here.frame("done");
  } finally {
    archive.close();
    redis.disconnect();
    await way.close();
    await instances.stop();
  }
});
