import { RECONNECT_BACKOFF_SECONDS } from "@parlance/protocol/constants";

/**
 * How long to wait before a try: full jitter over 1, 2, 4, 8, 16, then 30 s.
 *
 * @param attempt the failed tries since the last stable connection, from 1
 * @param random from 0 up to 1
 * @returns milliseconds
 */
export function backoff(attempt: number, random: () => number): number {
  const step = Math.min(attempt, RECONNECT_BACKOFF_SECONDS.length) - 1;
  return Math.round(random() * (RECONNECT_BACKOFF_SECONDS[step] ?? 0) * 1_000);
}
