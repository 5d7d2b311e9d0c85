/** What happens to the servers, and when. Seconds are counted from the first question. */
export type Fault =
  /** `kill -9` of an instance, and its restart. */
  | { readonly kind: "kill"; readonly at: number; readonly instance: number; readonly seconds: number }
  /** An instance is stopped as a whole (SIGSTOP), and goes on. */
  | { readonly kind: "stop"; readonly at: number; readonly instance: number; readonly seconds: number }
  /** Redis answers nobody. */
  | { readonly kind: "redis"; readonly at: number; readonly seconds: number };

/** What is counted. */
export interface Counts {
  messages: number;
  /** Sockets that were lost while their user had replies running, and came back to another instance. */
  resumesElsewhere: number;
  /** Replies whose model was called again, because the instance that ran them was gone. */
  takeOvers: number;
  /** Replies that were cancelled by a socket of another instance than the one that ran them. */
  cancelsAcross: number;
  /** Messages sent again with the same id, by any socket. */
  duplicates: number;
}

/** A run of chaos. */
export interface ChaosPlan {
  readonly instances: number;
  readonly users: number;
  /** How long users do things. */
  readonly seconds: number;
  /** Milliseconds between two things that a user does, at most. */
  readonly pause: number;
  readonly faults: readonly Fault[];
  /** What has to have been seen, for the run to say anything. */
  readonly minimum: Omit<Counts, "messages">;
}

/** The whole thing: a minute. */
export const FULL_PLAN: ChaosPlan = {
  instances: 3,
  users: 200,
  seconds: 60,
  pause: 2_400,
  faults: [
    { kind: "kill", at: 5, instance: 0, seconds: 3 },
    { kind: "redis", at: 17, seconds: 3 },
    { kind: "stop", at: 25, instance: 1, seconds: 12 },
    { kind: "kill", at: 41, instance: 2, seconds: 1 },
    { kind: "kill", at: 49, instance: 1, seconds: 4 },
  ],
  minimum: { resumesElsewhere: 50, takeOvers: 10, cancelsAcross: 50, duplicates: 100 },
};

/** What fits among other tests: a quarter of a minute. */
export const SHORT_PLAN: ChaosPlan = {
  instances: 2,
  users: 40,
  seconds: 15,
  pause: 1_200,
  faults: [
    { kind: "kill", at: 4.5, instance: 0, seconds: 1 },
    { kind: "redis", at: 6, seconds: 1.5 },
    { kind: "stop", at: 8, instance: 1, seconds: 9 },
  ],
  minimum: { resumesElsewhere: 5, takeOvers: 2, cancelsAcross: 3, duplicates: 5 },
};
