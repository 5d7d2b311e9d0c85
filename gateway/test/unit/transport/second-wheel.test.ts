import { afterEach, describe, expect, test } from "@jest/globals";
import { SecondWheel } from "../../../src/transport/second-wheel.ts";
import { type ManualClock, manualClock } from "../../ports/support/manual-clock.ts";

describe("the wheel of seconds", () => {
  let wheel: SecondWheel | null = null;
  afterEach(() => wheel?.close());

  const start = (): { clock: ManualClock; wheel: SecondWheel; pass: (milliseconds: number) => void } => {
    const clock = manualClock();
    const started = new SecondWheel(() => clock.monotonic());
    wheel = started;
    const pass = (milliseconds: number): void => {
      for (let left = milliseconds; left > 0; left -= 50) {
        clock.advance(Math.min(50, left));
        started.turn();
      }
    };
    return { clock, wheel: started, pass };
  };

  test.each([0.5, 1, 10, 30, 75.2])(
    "what is asked for in %p s comes then, or up to a second later, once",
    (seconds) => {
      const { clock, wheel: running, pass } = start();
      pass(730);
      const from = clock.monotonic();
      const called: number[] = [];
      running.in(seconds, () => called.push((clock.monotonic() - from) / 1000));
      pass(100_000);
      expect(called).toHaveLength(1);
      expect(called[0]).toBeGreaterThan(seconds - 0.11);
      expect(called[0]).toBeLessThan(seconds + 1.06);
    },
  );

  test("what is asked for again and again in its own turn keeps its pace", () => {
    const { clock, wheel: running, pass } = start();
    const called: number[] = [];
    const again = (): void => {
      called.push(Math.round(clock.monotonic() / 1000));
      running.in(10, again);
    };
    running.in(10, again);
    pass(65_000);
    expect(called.slice(1).map((second, index) => second - (called[index] ?? 0))).toEqual([
      10, 10, 10, 10, 10,
    ]);
  });

  test("what is taken out does not come, also when it is taken out by what is due in the same second", () => {
    const { wheel: running, pass } = start();
    const called: string[] = [];
    running.in(5, () => called.push("taken out before")).cancel();
    running.in(5, () => {
      called.push("first");
      late.cancel();
      late.cancel();
    });
    const late = running.in(5, () => called.push("taken out in the turn"));
    pass(20_000);
    expect(called).toEqual(["first"]);
  });

  test("after a pause of the whole process everything that was due comes, in order", () => {
    const { clock, wheel: running } = start();
    const called: number[] = [];
    for (const seconds of [40, 3, 12]) running.in(seconds, () => called.push(seconds));
    clock.advance(60_000);
    running.turn();
    expect(called).toEqual([3, 12, 40]);
  });
});
