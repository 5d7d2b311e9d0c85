import type { Scope, TenantId, UserId } from "./scope.ts";

/** Whose limits: one user's, or, without a user, those of all of a tenant's users together. */
export interface LimitedParty {
  readonly tenant: TenantId;
  readonly user: UserId | null;
}

/** What a party may do; null is no limit. */
export interface TurnLimits {
  readonly messagesPerMinute: number | null;
  readonly messagesPerHour: number | null;
  /** Streams that may have a reply running or waiting at once. */
  readonly concurrentStreams: number | null;
}

/** A turn that asks to be let in. */
export interface AdmissionRequest extends LimitedParty {
  /** Names the reservation: while it is held, and for five minutes after `finish`, the same one again is admitted and changes nothing. */
  readonly reservation: string;
  /** What the turn is counted under: replies of one stream, a conversation, count as one. */
  readonly stream: string;
  readonly limits: TurnLimits;
}

/** What a reservation that was admitted is to count under, and for how long. */
export interface StreamHold extends LimitedParty, Pick<AdmissionRequest, "reservation" | "stream"> {
  readonly seconds: number;
}

/** The answer. A refusal consumed nothing. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly code: "RATE_LIMITED" | "CONCURRENCY_LIMITED";
      /** Which limit it was, for the message. */
      readonly limit: keyof TurnLimits;
      /** Whole seconds, at least 1, until a try can succeed. */
      readonly retryAfter: number;
    };

/**
 * Token buckets and stream counts for each user of each tenant, and for each tenant as a whole. A bucket holds its
 * limit and refills evenly over its minute or hour. `admit` is atomic: of any number of callers at once, no more get
 * in than the limits allow. Where instances share it, a reservation counts as finished after 10 seconds, or
 * after those for which it is held, since its gateway may be dead.
 */
export interface Limiter {
  admit(request: AdmissionRequest): Promise<Admission>;
  /** It counts for so many seconds from now, if not for longer; where it counted no more, it does again, whatever the limit. One that has finished stays so. */
  hold(hold: StreamHold): Promise<void>;
  /** A user's reservations that count for longer than so many seconds from now. None where nobody shares it: what ends here is finished here. */
  heldBeyond(party: Scope, seconds: number): Promise<readonly string[]>;
  /** Gives everything back, tokens and stream: the turn was not taken after all. Twice is once. */
  release(party: LimitedParty, reservation: string): Promise<void>;
  /** The reply has ended: its stream is free, its tokens stay spent. Twice is once. */
  finish(party: LimitedParty, reservation: string): Promise<void>;
  /** Forgets what a party has spent and what runs for it. @returns 1 where there was something, else 0 */
  erase(party: LimitedParty): Promise<number>;
}
