import { describe, expect, test } from "@jest/globals";
import { createMemoryAddressLimiter } from "../../../src/adapters/memory/address-limiter.ts";
import { manualClock } from "../support/manual-clock.ts";
import { addressLimiterSuite } from "./suite.ts";

addressLimiterSuite(async () => {
  const clock = manualClock();
  return { limiter: createMemoryAddressLimiter({ clock }), pass: clock.advance };
});

describe("in memory", () => {
  test("who comes no more is forgotten while others come", async () => {
    const clock = manualClock();
    const limiter = createMemoryAddressLimiter({ clock });
    const come = (name: string): Promise<unknown> =>
      limiter.take({ gate: "session", subject: name, perMinute: 600 });
    for (let visitor = 0; visitor < 1_000; visitor++) await come(`first ${visitor}`);
    clock.advance(120_000);
    for (let visitor = 0; visitor < 2_000; visitor++) {
      clock.advance(200);
      await come(`then ${visitor}`);
    }
    expect(limiter.remembered).toBeLessThan(20);
  });
});
