import type { Admission, AdmissionRequest, LimitedParty, Limiter, TurnLimits } from "../../ports/limiter.ts";
import type { Clock } from "../../ports/system.ts";
import type { RedisConnection } from "./connection.ts";
import { deleteKeys } from "./delete-keys.ts";
import { redisKeys } from "./keys.ts";
import { LIMITER_SCRIPT } from "./limiter-script.ts";
import { OwedCalls } from "./owed-calls.ts";

/** What the script takes, in its order. */
const KEYS = [redisKeys.limits, redisKeys.reservations, redisKeys.reservationEnds, redisKeys.streams];

/** The script's answer: nothing, or which limit refused and for how many seconds. */
type Refusal = readonly [limit: keyof TurnLimits, retryAfter: number] | null;

/**
 * Limits counted in Redis, by one script. A reservation that nobody finishes, because its gateway died, is
 * finished after 15 minutes: until then its stream counts.
 *
 * `admit` rejects with `RedisUnavailable` while Redis is away. A `release` or `finish` that falls into such a time
 * resolves, and is done before this process admits that party again, and when Redis is back.
 *
 * @param options.clock absent, as it should be outside of tests, is Redis's own clock, which all instances share
 */
export function createRedisLimiter({ redis, clock }: { redis: RedisConnection; clock?: Clock }): Limiter {
  const owed = new OwedCalls(redis);

  const call = (party: LimitedParty, operation: string, ...values: string[]): Promise<unknown> => {
    const keys = KEYS.map((keyOf) => keyOf(party));
    return redis.script(LIMITER_SCRIPT, keys, [clock?.now() ?? "", operation, ...values]);
  };
  const end = (operation: "release" | "finish") => async (party: LimitedParty, reservation: string) => {
    const now = () => call(party, operation, reservation);
    await owed.do({ group: redisKeys.limits(party), name: reservation, now });
  };

  return {
    async admit(request) {
      const group = redisKeys.limits(request);
      await owed.settle(group);
      try {
        return admissionOf((await call(request, "admit", ...wanted(request))) as Refusal);
      } catch (error) {
        // It may have been done all the same, and nobody else will ever let it go.
        const { reservation: name } = request;
        const later = () => call(request, "release", name);
        await owed.do({ group, name, now: () => Promise.reject(error), later });
        throw error;
      }
    },
    release: end("release"),
    finish: end("finish"),
    async erase(party) {
      await owed.settle(redisKeys.limits(party));
      return Math.min(
        1,
        await deleteKeys(
          redis,
          KEYS.map((keyOf) => keyOf(party)),
        ),
      );
    },
  };
}

function wanted({ reservation, stream, limits }: AdmissionRequest): string[] {
  const { messagesPerMinute, messagesPerHour, concurrentStreams } = limits;
  const numbers = [messagesPerMinute, messagesPerHour, concurrentStreams];
  return [reservation, stream, ...numbers.map((limit) => (limit === null ? "" : String(limit)))];
}

function admissionOf(refusal: Refusal): Admission {
  if (refusal === null) return { admitted: true };
  const [limit, retryAfter] = refusal;
  const code = limit === "concurrentStreams" ? "CONCURRENCY_LIMITED" : "RATE_LIMITED";
  return { admitted: false, code, limit, retryAfter };
}
