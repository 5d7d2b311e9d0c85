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
 * Limits counted in Redis, by one script. A reservation that nobody holds on or finishes, because its gateway died,
 * is finished after 10 seconds, or after those for which it was held: until then its stream counts.
 *
 * `admit` rejects with `RedisUnavailable` while Redis is away. A `hold`, `release` or `finish` that falls into such a
 * time resolves, and is done before this process admits that party again, and when Redis is back.
 *
 * @param options.clock absent, as it should be outside of tests, is Redis's own clock, which all instances share
 */
export function createRedisLimiter({ redis, clock }: { redis: RedisConnection; clock?: Clock }): Limiter {
  const owed = new OwedCalls(redis);

  const call = (party: LimitedParty, operation: string, ...values: string[]): Promise<unknown> => {
    const keys = KEYS.map((keyOf) => keyOf(party));
    return redis.script(LIMITER_SCRIPT, keys, [clock?.now() ?? "", operation, ...values]);
  };
  const owe =
    (operation: "hold" | "release" | "finish") =>
    async (party: LimitedParty, reservation: string, ...values: string[]): Promise<void> => {
      const now = () => call(party, operation, reservation, ...values);
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
    hold: ({ reservation, stream, seconds, ...party }) =>
      owe("hold")(party, reservation, stream, String(seconds * 1000)),
    async heldBeyond(party, seconds) {
      await owed.settle(redisKeys.limits(party));
      return (await call(party, "beyond", String(seconds * 1000))) as string[];
    },
    release: owe("release"),
    finish: owe("finish"),
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
