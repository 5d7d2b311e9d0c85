import { expect, test } from "@jest/globals";
import { createMemoryLimiter } from "../../../src/adapters/memory/limiter.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { limiterSuite } from "./suite.ts";

limiterSuite(createMemoryLimiter);

test("users who are idle are forgotten while others come, however many there have been", async () => {
  const clock = manualClock();
  const limiter = createMemoryLimiter({ clock });
  const limits = { messagesPerMinute: 10, messagesPerHour: 100, concurrentStreams: 3 };
  const visit = async (user: string): Promise<void> => {
    const scope = scopeOf("tenant", user);
    await limiter.admit({ ...scope, reservation: "r", stream: "c", limits });
    await limiter.finish(scope, "r");
  };
  const running = scopeOf("tenant", "still running");
  await limiter.admit({ ...running, reservation: "r", stream: "c", limits });
  let most = 0;
  for (let visitor = 0; visitor < 20_000; visitor++) {
    await visit(`visitor ${visitor}`);
    clock.advance(1_000);
    most = Math.max(most, limiter.parties);
  }
  expect(most).toBeLessThan(1_000);
  const other = { ...running, reservation: "other", stream: "other" };
  expect(await limiter.admit({ ...other, limits: { ...limits, concurrentStreams: 1 } })).toMatchObject({
    code: "CONCURRENCY_LIMITED",
  });
});
