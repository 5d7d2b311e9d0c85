import { setImmediate as turn } from "node:timers/promises";

/**
 * Waits until something holds; a test's own timeout ends a wait for what never does.
 *
 * @param tick lets a little time pass between two looks; absent is a turn of the event loop
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  tick: () => unknown = () => turn(),
): Promise<void> {
  while (!(await holds())) await tick();
}
