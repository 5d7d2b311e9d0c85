import type { ServerFrameOf } from "@parlance/protocol";

/** Seconds over which returns are spread at most: half of the default `abandonSeconds`. */
const LONGEST_SPREAD = 15;

/**
 * What clients are told when this instance is about to end. They spread their return over at most half of the time
 * after which their tenant gives them up, and not over more than the instance still lives.
 *
 * @param limits.abandonSeconds the tenant's
 * @param limits.drainSeconds how long the instance lives on
 */
export function goaway(limits: { abandonSeconds: number; drainSeconds: number }): ServerFrameOf<"goaway"> {
  const reconnectIn = Math.min(LONGEST_SPREAD, limits.abandonSeconds / 2, limits.drainSeconds);
  return { type: "goaway", reconnectIn, reason: "restart" };
}
