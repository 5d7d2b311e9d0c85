/** How much of a limit is spent: a token bucket seen from its empty side. */
export interface Bucket {
  /** Spent and not refilled yet, in `period` units a token, so that refill is a whole number a millisecond. */
  spent: number;
  /** Units refilled a millisecond: the limit as it was last seen. */
  limit: number;
  /** Milliseconds in which the whole limit refills. */
  readonly period: number;
}

/** A full bucket for a limit a `period` (milliseconds). */
export function fullBucket(period: number): Bucket {
  return { spent: 0, limit: 0, period };
}

/** Gives back what `elapsed` milliseconds refill. */
export function refill(bucket: Bucket, elapsed: number): void {
  bucket.spent = Math.max(0, bucket.spent - elapsed * bucket.limit);
}

/** Sets the limit as it is now; none leaves nothing spent. */
export function setLimit(bucket: Bucket, limit: number | null): void {
  bucket.limit = limit ?? 0;
  if (limit === null) bucket.spent = 0;
}

/**
 * Seconds, rounded up, until a token is there; 0 where one is. A limit of nothing says its whole period, for want of
 * a true answer.
 */
export function secondsToToken(bucket: Bucket): number {
  if (bucket.limit <= 0) return bucket.period / 1000;
  const missing = bucket.spent + bucket.period - bucket.limit * bucket.period;
  return missing <= 0 ? 0 : Math.ceil(Math.ceil(missing / bucket.limit) / 1000);
}

/** Spends a token. */
export function spend(bucket: Bucket): void {
  bucket.spent += bucket.period;
}

/** Takes a spent token back, as if it had never been spent. */
export function unspend(bucket: Bucket): void {
  bucket.spent = Math.max(0, bucket.spent - bucket.period);
}
