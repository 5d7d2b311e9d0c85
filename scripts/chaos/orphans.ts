import type { RequestRecord } from "../upstream-simulator/index.ts";
import type { Ledger } from "./ledger.ts";
import { callerOf, type Outage } from "./stage.ts";

/** Milliseconds before a kill in which an instance may have begun, or ended, what it had not told Redis of yet. */
const JUST_BEFORE = 2_000;

/** When an id was made, milliseconds since 1970: ids are UUIDs of version 7. */
export function madeAt(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

/** Whether a reply, or the reservation of one, was being begun or ended just when its instance was killed. */
export function orphanedBy(
  outages: readonly Outage[],
  ledgers: readonly Ledger[],
  calls: ReadonlyMap<string, readonly RequestRecord[]>,
): (id: string) => boolean {
  const kills = outages.filter(({ to }) => to === Number.POSITIVE_INFINITY);
  const just = (at: number, { from }: Outage): boolean => at > from - JUST_BEFORE && at < from + JUST_BEFORE;
  return (id) => {
    const question = ledgers.map(({ byReply }) => byReply.get(id)).find((each) => each !== undefined);
    const attempts = calls.get(question?.content ?? "") ?? [];
    return kills.some(
      (kill) =>
        just(madeAt(id), kill) ||
        attempts.some(
          (call) =>
            callerOf(call) === kill.instance && just(call.endedAt ?? call.abortedAt ?? Number.NaN, kill),
        ),
    );
  };
}
