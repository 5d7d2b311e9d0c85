import { afterAll, afterEach, beforeAll, describe, expect } from "@jest/globals";
import { type RedisKind, startTestRedis, type TestRedis } from "./redis-server.ts";

const KINDS: readonly RedisKind[] = ["one server", "a cluster"];

/**
 * Describes what holds on one server and on a cluster. After every test, each key that it left must have a time to
 * live.
 *
 * @param define takes how to get at the Redis, which is there while tests run
 */
export function onEveryRedis(define: (running: () => TestRedis) => void): void {
  const starts = new Map<RedisKind, Promise<TestRedis>>();
  beforeAll(() => {
    // A cluster takes two seconds before it serves: they pass while the tests on one server run.
    for (const kind of KINDS) {
      const starting = startTestRedis(kind);
      starts.set(kind, starting);
      // Told where it is awaited.
      starting.catch(() => undefined);
    }
  });
  afterAll(async () => {
    await Promise.allSettled([...starts.values()].map(async (starting) => (await starting).stop()));
  });
  describe.each(KINDS)("in Redis, %s", (kind) => {
    let server: TestRedis | undefined;
    beforeAll(async () => {
      server = await starts.get(kind);
    });
    afterEach(async () => {
      const endless = ((await server?.keys()) ?? []).filter(({ life }) => life === -1);
      expect(endless).toEqual([]);
    });
    define(() => {
      if (server === undefined) throw new Error("Redis has not been started yet");
      return server;
    });
  });
}
