import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connectRedis, type RedisConnection } from "../../../src/adapters/redis/connection.ts";
import { createRedisConversationLeases } from "../../../src/adapters/redis/conversation-leases.ts";
import { createRedisConversationSummaries } from "../../../src/adapters/redis/conversation-summaries.ts";
import { RedisUnavailable } from "../../../src/adapters/redis/errors.ts";
import { createRedisInstanceDirectory } from "../../../src/adapters/redis/instance-directory.ts";
import { createRedisLimiter } from "../../../src/adapters/redis/limiter.ts";
import { createRedisMessageLayer } from "../../../src/adapters/redis/message-layer.ts";
import { createRedisPresenceStore } from "../../../src/adapters/redis/presence.ts";
import { createRedisReplyJournal } from "../../../src/adapters/redis/reply-journal.ts";
import { SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { question, turns } from "../message-layer/messages.ts";
import { type CuttableProxy, cuttableProxy } from "../support/cuttable-proxy.ts";
import { measure } from "../support/lived-clock.ts";
import { type RedisProcess, startRedisProcess } from "../support/redis-process.ts";
import { scopeOf } from "../support/scopes.ts";
import { until } from "../support/until.ts";

describe("while Redis is away", () => {
  const scope = scopeOf("tenant", "user");
  const limits = { messagesPerMinute: 10, messagesPerHour: null, concurrentStreams: 1 };
  let server: RedisProcess;
  let proxy: CuttableProxy;
  /** Ours, which can be cut off, and another instance's, which can't. */
  let redis: RedisConnection;
  let other: RedisConnection;
  const said: string[] = [];
  beforeEach(async () => {
    said.length = 0;
    server = await startRedisProcess();
    proxy = await cuttableProxy(server.port);
    redis = connectRedis(`redis://127.0.0.1:${proxy.port}`, ({ message }) => said.push(message));
    other = connectRedis(`redis://127.0.0.1:${server.port}`, ({ message }) => said.push(message));
    await Promise.all([redis.untilReady(5_000), other.untilReady(5_000)]);
  });
  afterEach(async () => {
    await Promise.all([redis.close(), other.close()]);
    await proxy.close();
    await server.stop();
  });

  const mended = async (): Promise<void> => {
    proxy.mend();
    await redis.untilReady(10_000);
  };
  const isAway = expect.any(RedisUnavailable);
  const outcome = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "resolved",
      (error: unknown) => error,
    );

  test("what reads or takes rejects at once, and serves again by itself", async () => {
    const layer = createRedisMessageLayer({ redis, bounds: SESSION_LAYER });
    const limiter = createRedisLimiter({ redis });
    const summaries = createRedisConversationSummaries({ redis });
    const journal = createRedisReplyJournal({ redis });
    const leases = createRedisConversationLeases({ redis });
    const presence = createRedisPresenceStore({ redis });
    const directory = createRedisInstanceDirectory({ redis });
    const entry = { ...scope, reply: "r", epoch: 1, seq: 1, text: "text" };
    const attempts = (): Promise<unknown[]> =>
      Promise.all([
        outcome(layer.read(scope, "c")),
        outcome(limiter.admit({ ...scope, reservation: "r", stream: "c", limits })),
        outcome(summaries.claim(scope, "c", 60)),
        outcome(journal.append([entry, { ...entry, reply: "s" }])),
        outcome(leases.acquire(scope, "c", "i", { seconds: 8, above: 0 })),
        outcome(leases.renew([{ scope, conversation: "c", epoch: 1 }], "i", 8)),
        outcome(leases.release({ scope, conversation: "d", epoch: 1 }, "i")),
        outcome(presence.register(scope, "i", 8)),
        outcome(presence.renew([scope], "i", 8)),
        outcome(presence.instancesOf(scope)),
        outcome(directory.beat({ id: "i", draining: false }, 8)),
        outcome(directory.alive()),
        outcome(directory.agree("name", "value", 8)),
      ]);
    const all = (result: unknown): unknown[] => Array.from({ length: 13 }, () => result);
    proxy.cut();
    const took = measure();
    expect(await attempts()).toEqual(all(isAway));
    expect(await attempts()).toEqual(all(isAway));
    expect(took()).toBeLessThan(500);
    await mended();
    expect(await attempts()).toEqual(all("resolved"));
    expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 1, text: "text" });
  });

  test("a conversation that missed a message is dropped once Redis is back, for other instances too", async () => {
    const layers = [redis, other].map((each) =>
      createRedisMessageLayer({ redis: each, bounds: SESSION_LAYER }),
    );
    const [mine, theirs] = layers;
    if (mine === undefined || theirs === undefined) throw new Error("there are two layers");
    for (const conversation of ["missed", "whole"]) {
      const { revision } = await mine.read(scope, conversation);
      await mine.refill(scope, conversation, { messages: turns(1, 1), complete: true, revision });
    }
    proxy.cut();
    await mine.add(scope, "missed", question(2));
    await mended();
    // This instance asks for nothing: it puts right what it missed of its own accord.
    await until(async () => (await theirs.read(scope, "missed")).messages === null);
    expect((await mine.read(scope, "missed")).messages).toBeNull();
    expect((await theirs.read(scope, "whole")).messages).toEqual(turns(1, 1));
    await mine.add(scope, "whole", question(2));
    expect((await theirs.read(scope, "whole")).messages).toEqual([...turns(1, 1), question(2)]);
  });

  test("a reply that ended meanwhile does not count as a stream once Redis is back", async () => {
    const limiter = createRedisLimiter({ redis });
    const admit = (stream: string) => limiter.admit({ ...scope, reservation: stream, stream, limits });
    await admit("a");
    proxy.cut();
    await limiter.finish(scope, "a");
    await mended();
    expect(await admit("b")).toEqual({ admitted: true });
    expect(await admit("c")).toMatchObject({ limit: "concurrentStreams" });
  });

  test("a summary that was dropped meanwhile does not come back, nor does its claim", async () => {
    const mine = createRedisConversationSummaries({ redis });
    const claim = (await mine.claim(scope, "c", 60)) ?? "";
    await mine.write(scope, "c", { position: 1, text: "of what was cleared" }, claim);
    proxy.cut();
    await mine.drop(scope, "c");
    await mended();
    expect(await mine.read(scope, "c")).toBeNull();
    await mine.write(scope, "c", { position: 2, text: "late" }, claim);
    expect(await mine.read(scope, "c")).toBeNull();
  });

  test("a Redis that hangs costs a second, and is told of as one that is away", async () => {
    const layer = createRedisMessageLayer({ redis, bounds: SESSION_LAYER });
    await layer.read(scope, "c");
    server.pause();
    const took = measure();
    const results = await Promise.all([
      outcome(layer.read(scope, "c")),
      outcome(layer.add(scope, "c", question(1))),
    ]);
    const waited = took();
    server.resume();
    expect(results).toEqual([isAway, "resolved"]);
    expect(waited).toBeLessThan(2_000);
    expect((await layer.read(scope, "c")).messages).toBeNull();
  });

  test("a connection that came back is not ended by the clock of the one before", async () => {
    const started = performance.now();
    proxy.cut();
    // On its way when the connection goes: the clock of five seconds runs for it.
    expect(await outcome(redis.run((client) => client.get("key")))).toEqual(isAway);
    await mended();
    while (performance.now() - started < 5_500) {
      await redis.run((client) => client.get("key"));
      await pause(20);
    }
    expect(said.filter((message) => message.includes("timeout"))).toEqual([]);
  });
});
