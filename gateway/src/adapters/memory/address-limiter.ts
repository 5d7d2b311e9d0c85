import type { AddressLimiter, Attempt, AttemptVerdict } from "../../ports/address-limiter.ts";
import type { Clock } from "../../ports/system.ts";

const MINUTE = 60_000;
/** Entries looked at for forgetting with each call: more than one, so that forgetting outruns arriving. */
const SWEPT = 2;
/** Entries at most: past that the oldest are forgotten, whatever they count. */
const MOST = 200_000;

/** A limiter that says how much it remembers. */
export interface MemoryAddressLimiter extends AddressLimiter {
  readonly remembered: number;
}

/**
 * Counts in this process. Of each subject one number is kept: the time at which all it did will have come back, so
 * that within a minute before it so much is spent.
 */
export function createMemoryAddressLimiter({ clock }: { clock: Clock }): MemoryAddressLimiter {
  const until = new Map<string, number>();
  let sweeping = until.entries();

  const remember = (key: string, time: number): void => {
    until.delete(key);
    until.set(key, time);
    const now = clock.monotonic();
    for (let looked = 0; looked < SWEPT; looked++) {
      const next = sweeping.next();
      if (next.done === true) {
        sweeping = until.entries();
        break;
      }
      if (next.value[1] <= now) until.delete(next.value[0]);
    }
    if (until.size <= MOST) return;
    const [oldest] = until.keys();
    if (oldest !== undefined) until.delete(oldest);
  };

  const judge = ({ gate, subject, perMinute }: Attempt, counts: boolean): AttemptVerdict => {
    if (perMinute <= 0) return { admitted: false, retryAfter: MINUTE / 1000 };
    const now = clock.monotonic();
    const key = `${gate} ${subject}`;
    const spent = Math.max(until.get(key) ?? 0, now) - now;
    const excess = spent + MINUTE / perMinute - MINUTE;
    // The rest of a division is no reason to refuse.
    if (excess > 0.001) return { admitted: false, retryAfter: Math.max(1, Math.ceil(excess / 1000)) };
    if (counts) remember(key, now + spent + MINUTE / perMinute);
    return { admitted: true };
  };

  return {
    get remembered() {
      return until.size;
    },
    take: async (attempt) => judge(attempt, true),
    look: async (attempt) => judge(attempt, false),
    async once(name, seconds) {
      const key = `once ${name}`;
      const now = clock.monotonic();
      if ((until.get(key) ?? 0) > now) return false;
      remember(key, now + seconds * 1000);
      return true;
    },
  };
}
