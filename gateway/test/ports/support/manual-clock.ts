import type { Clock } from "../../../src/ports/system.ts";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Lets milliseconds pass. */
  advance(milliseconds: number): void;
}

/** A clock that stands at an arbitrary moment. */
export function manualClock(): ManualClock {
  let passed = 0;
  return {
    now: () => 1_800_000_000_000 + passed,
    monotonic: () => 12_345.678 + passed,
    advance: (milliseconds) => {
      passed += milliseconds;
    },
  };
}
