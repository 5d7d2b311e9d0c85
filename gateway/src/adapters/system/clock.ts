import type { Clock } from "../../ports/system.ts";

/** The machine's clocks. */
export function createSystemClock(): Clock {
  return { now: () => Date.now(), monotonic: () => performance.now() };
}
