import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two looks. */
const LOOK = 5;

/**
 * Waits until something holds; a test's own timeout ends a wait for what never does.
 *
 * @param tick lets a little time pass between two looks; absent is 5 ms
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  tick: () => unknown = () => pause(LOOK),
): Promise<void> {
  while (!(await holds())) await tick();
}
