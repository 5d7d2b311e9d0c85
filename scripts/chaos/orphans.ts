import type { RequestRecord } from "../upstream-simulator/index.ts";
import type { Ledger } from "./ledger.ts";
import { callerOf, type Outage } from "./stage.ts";

/** Milliseconds around a kill in which an instance may have ended what it had not told Redis of yet. */
const JUST = 5_000;

/** When an id was made, milliseconds since 1970: ids are UUIDs of version 7. */
export function madeAt(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

/**
 * Whether a reply was being ended just when its instance was killed. One that was cancelled while it waited made no
 * call, and devices may hear of its end late: it ended then if it was asked for then. What nobody knows of, because
 * its turn was never acknowledged, is no reply.
 */
export function orphanedBy(
  outages: readonly Outage[],
  ledgers: readonly Ledger[],
  calls: ReadonlyMap<string, readonly RequestRecord[]>,
): (id: string) => boolean {
  const kills = outages.filter(({ to }) => to === Number.POSITIVE_INFINITY);
  return (id) => {
    const ledger = ledgers.find(({ byReply }) => byReply.has(id));
    const attempts = calls.get(ledger?.byReply.get(id)?.content ?? "") ?? [];
    return kills.some(({ instance, from }) => {
      const just = (at: number | undefined): boolean => at !== undefined && Math.abs(at - from) < JUST;
      const ended = attempts.filter((call) => callerOf(call) === instance);
      return (
        (ledger !== undefined && just(madeAt(id))) ||
        just(ledger?.endedAt.get(id)) ||
        ended.some(({ endedAt, abortedAt }) => just(endedAt ?? abortedAt))
      );
    });
  };
}
