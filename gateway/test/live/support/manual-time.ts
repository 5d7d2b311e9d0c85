import type { Clock } from "../../../src/ports/system.ts";

/** The machine's clock, set forward by a test. */
export interface ManualTime extends Clock {
  /** Lets milliseconds pass at once. */
  advance(milliseconds: number): void;
}

/** A clock that goes on as the machine's does, and leaps when told. */
export function manualTime(): ManualTime {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    monotonic: () => performance.now() + ahead,
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}
