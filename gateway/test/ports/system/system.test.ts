import { describe, expect, test } from "@jest/globals";
import { createSystemClock } from "../../../src/adapters/system/clock.ts";
import { createUuidV7Ids } from "../../../src/adapters/system/ids.ts";
import { createSystemRandomness } from "../../../src/adapters/system/randomness.ts";
import { manualClock } from "../support/manual-clock.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("ids", () => {
  const millisecondOf = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

  test("are UUIDs of version 7 that tell the time they were made", () => {
    const clock = createSystemClock();
    const before = clock.now();
    const id = createUuidV7Ids({ clock, randomness: createSystemRandomness() }).next();
    expect(id).toMatch(UUID_V7);
    expect(millisecondOf(id)).toBeGreaterThanOrEqual(before);
    expect(millisecondOf(id)).toBeLessThanOrEqual(clock.now());
  });

  test("rise strictly in one millisecond, past its counter, and when the clock goes back", () => {
    const clock = manualClock();
    const ids = createUuidV7Ids({ clock, randomness: createSystemRandomness() });
    const made: string[] = [];
    for (const step of [0, 1, -5_000, 2]) {
      clock.advance(step);
      for (let count = 0; count < 10_000; count++) made.push(ids.next());
    }
    expect(made.every((id) => UUID_V7.test(id))).toBe(true);
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((id, index) => index === 0 || id > (made[index - 1] ?? ""))).toBe(true);
    expect(millisecondOf(made.at(-1) ?? "") - clock.now()).toBeLessThan(5_030);
  });

  test("of two makers in the same millisecond do not meet", () => {
    const clock = manualClock();
    const makers = [1, 2].map(() => createUuidV7Ids({ clock, randomness: createSystemRandomness() }));
    const made = makers.flatMap((ids) => Array.from({ length: 5_000 }, () => ids.next()));
    expect(new Set(made).size).toBe(10_000);
  });
});

describe("randomness", () => {
  test("is base64url of as many bytes as asked for, and never the same", () => {
    const randomness = createSystemRandomness();
    const token = randomness.token(32);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(randomness.token(32)).not.toBe(token);
  });
});

describe("the clock", () => {
  test("tells the time, and a duration that never goes back", () => {
    const clock = createSystemClock();
    const readings = Array.from({ length: 1_000 }, () => clock.monotonic());
    expect(readings).toEqual(readings.toSorted((one, other) => one - other));
    const [before, told, after] = [Date.now(), clock.now(), Date.now()];
    expect([before, told, after]).toEqual([before, told, after].toSorted((one, other) => one - other));
  });
});
