import { afterAll, afterEach, beforeAll, describe, expect } from "@jest/globals";
import { type RedisKind, startTestRedis, type TestRedis } from "./redis-server.ts";

const KINDS: readonly RedisKind[] = ["one server", "a cluster"];
/** Milliseconds that starting may take, on a machine that does much else. */
const START_TIMEOUT = 60_000;

/**
 * Describes what holds on one server and on a cluster. After every test, each key that it left must have a time to
 * live.
 *
 * @param define takes how to get at the Redis, which is there while tests run
 */
export function onEveryRedis(define: (running: () => TestRedis) => void): void {
  describe.each(KINDS)("in Redis, %s", (kind) => {
    let server: TestRedis | undefined;
    beforeAll(async () => {
      server = await startTestRedis(kind);
    }, START_TIMEOUT);
    afterAll(() => server?.stop());
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
