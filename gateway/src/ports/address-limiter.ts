/** Something that may be done only so often. */
export interface Attempt {
  /** What is done: each is counted for itself. */
  readonly gate: "session" | "upgrade" | "turn" | "failed-authentication";
  /** Who is counted, as one text of any characters: an address with a site key, or a user. */
  readonly subject: string;
  /** How often in a minute; all of it may come at once, and then it comes back evenly. 0 is never. */
  readonly perMinute: number;
}

/** The answer. A refusal counts nothing. */
export type AttemptVerdict =
  | { readonly admitted: true }
  /** Whole seconds, at least 1, until a try can succeed. */
  | { readonly admitted: false; readonly retryAfter: number };

/**
 * Counts what strangers do. Each call is atomic: of any number at once, no more get in than the limit allows.
 * What is counted may be forgotten once it no longer matters, and by a shared store that loses its memory.
 */
export interface AddressLimiter {
  /** Counts an attempt, if it is within its limit. */
  take(attempt: Attempt): Promise<AttemptVerdict>;
  /** What `take` would say, and counts nothing. */
  look(attempt: Attempt): Promise<AttemptVerdict>;
  /** Uses a name up. False where it was used within the last `seconds`. */
  once(name: string, seconds: number): Promise<boolean>;
}
