import { setTimeout as pause } from "node:timers/promises";
import { inTime } from "./patience.ts";

/** Milliseconds between two looks. */
const LOOK = 5;

/**
 * Waits until something holds; rejects with what was to hold, where it does not come to that.
 *
 * @param tick lets a little time pass between two looks; absent is 5 ms
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  tick: () => unknown = () => pause(LOOK),
): Promise<void> {
  let over = false;
  const looking = async (): Promise<void> => {
    while (!(await holds()) && !over) await tick();
  };
  try {
    await inTime(looking(), () => holds.toString());
  } finally {
    over = true;
  }
}
