import { describe, expect, test } from "@jest/globals";
import { FrameBudget } from "../../../src/transport/frame-budget.ts";

describe("what one socket may send", () => {
  test("fifty frames a second, wherever on the clock the burst falls", () => {
    for (const start of [0, 500, 999, 123_456_999]) {
      const budget = new FrameBudget();
      const taken = Array.from({ length: 60 }, (_, frame) => budget.frame(start + frame / 10));
      expect(taken.filter(Boolean)).toHaveLength(50);
      expect(taken.lastIndexOf(true)).toBe(49);
      expect(budget.frame(start + 1_000)).toBe(true);
    }
  });

  test("nine bad frames a minute, and as many in the next", () => {
    const budget = new FrameBudget();
    const start = 59_990;
    const bad = (from: number) => Array.from({ length: 10 }, (_, frame) => budget.bad(from + 2 * frame));
    const expected = [...Array(9).fill(true), false];
    expect(bad(start)).toEqual(expected);
    expect(bad(start + 60_000)).toEqual(expected);
  });
});
