import type { Admission, AdmissionRequest, Limiter, UserLimits } from "../../ports/limiter.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";
import { type Bucket, fullBucket, refill, secondsToToken, setLimit, spend, unspend } from "./bucket.ts";

/** How long a finished reservation is still known, in milliseconds. */
const REMEMBERED = 300_000;
/** Users looked at for forgetting with each admission: more than one, so that forgetting outruns arriving. */
const SWEPT = 2;

const RATES = [
  { limit: "messagesPerMinute", bucket: "minute" },
  { limit: "messagesPerHour", bucket: "hour" },
] as const;

interface Held {
  readonly conversation: string;
  readonly spent: readonly Bucket[];
}

interface UserState {
  readonly minute: Bucket;
  readonly hour: Bucket;
  /** Unfinished reservations of each conversation. */
  readonly streams: Map<string, number>;
  readonly held: Map<string, Held>;
  /** Finished reservations, oldest first, with the time at which each is forgotten. */
  readonly finished: Map<string, number>;
  /** When the buckets were refilled last, in whole milliseconds. */
  refilledAt: number;
}

/** A limiter that says how many users it remembers something of. */
export interface MemoryLimiter extends Limiter {
  readonly users: number;
}

/**
 * Limits counted in this process. Each method does its work before it returns, so that nothing comes between.
 * A user whose buckets are full and who has no stream is forgotten while others are admitted.
 */
export function createMemoryLimiter({ clock }: { clock: Clock }): MemoryLimiter {
  const users = new Map<string, UserState>();
  let sweeping = users.entries();

  const now = (): number => Math.floor(clock.monotonic());

  const sweep = (): void => {
    for (let looked = 0; looked < SWEPT; looked++) {
      const next = sweeping.next();
      if (next.done === true) {
        sweeping = users.entries();
        return;
      }
      const [key, state] = next.value;
      advance(state, now());
      if (isIdle(state)) users.delete(key);
    }
  };

  return {
    get users() {
      return users.size;
    },

    async admit(request) {
      sweep();
      const key = keyOf(request);
      const state = users.get(key) ?? freshState(now());
      advance(state, now());
      const admission = admit(state, request);
      if (admission.admitted) users.set(key, state);
      return admission;
    },

    async release(scope, reservation) {
      const state = users.get(keyOf(scope));
      const held = state?.held.get(reservation);
      if (state === undefined || held === undefined) return;
      advance(state, now());
      letGo(state, reservation, held);
      for (const bucket of held.spent) unspend(bucket);
    },

    async finish(scope, reservation) {
      const state = users.get(keyOf(scope));
      const held = state?.held.get(reservation);
      if (state === undefined || held === undefined) return;
      letGo(state, reservation, held);
      state.finished.set(reservation, now() + REMEMBERED);
    },

    async eraseUser(scope) {
      return Number(users.delete(keyOf(scope)));
    },
  };
}

function admit(state: UserState, request: AdmissionRequest): Admission {
  const { reservation, conversation, limits } = request;
  if (state.held.has(reservation) || state.finished.has(reservation)) return { admitted: true };
  for (const rate of RATES) setLimit(state[rate.bucket], limits[rate.limit]);
  const refusal = rateRefusal(state, limits) ?? streamRefusal(state, conversation, limits.concurrentStreams);
  if (refusal !== null) return refusal;
  const spent = RATES.filter((rate) => limits[rate.limit] !== null).map((rate) => state[rate.bucket]);
  for (const bucket of spent) spend(bucket);
  state.streams.set(conversation, (state.streams.get(conversation) ?? 0) + 1);
  state.held.set(reservation, { conversation, spent });
  return { admitted: true };
}

/** The refusal of the bucket that takes longest to have a token, or null. */
function rateRefusal(state: UserState, limits: UserLimits): Admission | null {
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
function streamRefusal(state: UserState, conversation: string, most: number | null): Admission | null {
  if (most === null) return null;
  const streams = state.streams.has(conversation) ? state.streams.size : state.streams.size + 1;
  if (streams <= most) return null;
  return { admitted: false, code: "CONCURRENCY_LIMITED", limit: "concurrentStreams", retryAfter: 1 };
}

function letGo(state: UserState, reservation: string, { conversation }: Held): void {
  state.held.delete(reservation);
  const others = (state.streams.get(conversation) ?? 1) - 1;
  if (others === 0) state.streams.delete(conversation);
  else state.streams.set(conversation, others);
}

function advance(state: UserState, now: number): void {
  const elapsed = now - state.refilledAt;
  refill(state.minute, elapsed);
  refill(state.hour, elapsed);
  state.refilledAt = now;
  for (const [reservation, until] of state.finished) {
    if (until > now) break;
    state.finished.delete(reservation);
  }
}

function isIdle(state: UserState): boolean {
  return (
    state.held.size === 0 && state.finished.size === 0 && state.minute.spent === 0 && state.hour.spent === 0
  );
}

function freshState(now: number): UserState {
  return {
    minute: fullBucket(60_000),
    hour: fullBucket(3_600_000),
    streams: new Map(),
    held: new Map(),
    finished: new Map(),
    refilledAt: now,
  };
}

function keyOf({ tenant, user }: Scope): string {
  return `${tenant.length}:${tenant}${user}`;
}
