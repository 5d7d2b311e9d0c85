/** The time, as a port so that tests set it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that never goes back, for durations. */
  monotonic(): number;
}

/** Makes ids. */
export interface Ids {
  /** A UUIDv7 in lower-case hex with dashes: unique, and later ones sort after earlier ones of this process. */
  next(): string;
}

/** Randomness that is fit for keys. */
export interface Randomness {
  /** `bytes` random bytes as base64url. */
  token(bytes: number): string;
}
