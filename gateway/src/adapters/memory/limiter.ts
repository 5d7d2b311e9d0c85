import type { Admission, AdmissionRequest, LimitedParty, Limiter, TurnLimits } from "../../ports/limiter.ts";
import type { Clock } from "../../ports/system.ts";
import { type Bucket, fullBucket, refill, secondsToToken, setLimit, spend, unspend } from "./bucket.ts";

/** How long a finished reservation is still known, in milliseconds. */
const REMEMBERED = 300_000;
/** Parties looked at for forgetting with each admission: more than one, so that forgetting outruns arriving. */
const SWEPT = 2;

const RATES = [
  { limit: "messagesPerMinute", bucket: "minute" },
  { limit: "messagesPerHour", bucket: "hour" },
] as const;

interface Held {
  readonly stream: string;
  readonly spent: readonly Bucket[];
}

interface PartyState {
  readonly minute: Bucket;
  readonly hour: Bucket;
  /** Unfinished reservations of each stream. */
  readonly streams: Map<string, number>;
  readonly held: Map<string, Held>;
  /** Finished reservations, oldest first, with the time at which each is forgotten. */
  readonly finished: Map<string, number>;
  /** When the buckets were refilled last, in whole milliseconds. */
  refilledAt: number;
}

/** A limiter that says how many users and tenants it remembers something of. */
export interface MemoryLimiter extends Limiter {
  readonly parties: number;
}

/**
 * Limits counted in this process. Each method does its work before it returns, so that nothing comes between.
 * Whoever has full buckets and no stream is forgotten while others are admitted.
 */
export function createMemoryLimiter({ clock }: { clock: Clock }): MemoryLimiter {
  const parties = new Map<string, PartyState>();
  let sweeping = parties.entries();

  const now = (): number => Math.floor(clock.monotonic());

  const sweep = (): void => {
    for (let looked = 0; looked < SWEPT; looked++) {
      const next = sweeping.next();
      if (next.done === true) {
        sweeping = parties.entries();
        return;
      }
      const [key, state] = next.value;
      advance(state, now());
      if (isIdle(state)) parties.delete(key);
    }
  };

  return {
    get parties() {
      return parties.size;
    },

    async admit(request) {
      sweep();
      const key = keyOf(request);
      const state = parties.get(key) ?? freshState(now());
      advance(state, now());
      const admission = admit(state, request);
      if (admission.admitted) parties.set(key, state);
      return admission;
    },

    /** What is reserved here is held until it ends: this process lives as long as it does. */
    async hold() {},

    async heldBeyond() {
      return [];
    },

    async release(party, reservation) {
      const state = parties.get(keyOf(party));
      const held = state?.held.get(reservation);
      if (state === undefined || held === undefined) return;
      advance(state, now());
      letGo(state, reservation, held);
      for (const bucket of held.spent) unspend(bucket);
    },

    async finish(party, reservation) {
      const state = parties.get(keyOf(party));
      const held = state?.held.get(reservation);
      if (state === undefined || held === undefined) return;
      letGo(state, reservation, held);
      state.finished.set(reservation, now() + REMEMBERED);
    },

    async erase(party) {
      return Number(parties.delete(keyOf(party)));
    },
  };
}

function admit(state: PartyState, request: AdmissionRequest): Admission {
  const { reservation, stream, limits } = request;
  if (state.held.has(reservation) || state.finished.has(reservation)) return { admitted: true };
  for (const rate of RATES) setLimit(state[rate.bucket], limits[rate.limit]);
  const refusal = rateRefusal(state, limits) ?? streamRefusal(state, stream, limits.concurrentStreams);
  if (refusal !== null) return refusal;
  const spent = RATES.filter((rate) => limits[rate.limit] !== null).map((rate) => state[rate.bucket]);
  for (const bucket of spent) spend(bucket);
  state.streams.set(stream, (state.streams.get(stream) ?? 0) + 1);
  state.held.set(reservation, { stream, spent });
  return { admitted: true };
}

/** The refusal of the bucket that takes longest to have a token, or null. */
function rateRefusal(state: PartyState, limits: TurnLimits): Admission | null {
  let refusal: Admission | null = null;
  let longest = 0;
  for (const { limit, bucket } of RATES) {
    const retryAfter = limits[limit] === null ? 0 : secondsToToken(state[bucket]);
    if (retryAfter <= longest) continue;
    longest = retryAfter;
    refusal = { admitted: false, code: "RATE_LIMITED", limit, retryAfter };
  }
  return refusal;
}

/** When a stream ends is not known, so a second is as good a time as any to try again. */
function streamRefusal(state: PartyState, stream: string, most: number | null): Admission | null {
  if (most === null) return null;
  const streams = state.streams.has(stream) ? state.streams.size : state.streams.size + 1;
  if (streams <= most) return null;
  return { admitted: false, code: "CONCURRENCY_LIMITED", limit: "concurrentStreams", retryAfter: 1 };
}

function letGo(state: PartyState, reservation: string, { stream }: Held): void {
  state.held.delete(reservation);
  const others = (state.streams.get(stream) ?? 1) - 1;
  if (others === 0) state.streams.delete(stream);
  else state.streams.set(stream, others);
}

function advance(state: PartyState, now: number): void {
  const elapsed = now - state.refilledAt;
  refill(state.minute, elapsed);
  refill(state.hour, elapsed);
  state.refilledAt = now;
  for (const [reservation, until] of state.finished) {
    if (until > now) break;
    state.finished.delete(reservation);
  }
}

function isIdle(state: PartyState): boolean {
  return (
    state.held.size === 0 && state.finished.size === 0 && state.minute.spent === 0 && state.hour.spent === 0
  );
}

function freshState(now: number): PartyState {
  return {
    minute: fullBucket(60_000),
    hour: fullBucket(3_600_000),
    streams: new Map(),
    held: new Map(),
    finished: new Map(),
    refilledAt: now,
  };
}

function keyOf({ tenant, user }: LimitedParty): string {
  return `${tenant.length}:${tenant}${user ?? ""}`;
}
