import { EventEmitter } from "node:events";
import type { Directives } from "./directives.ts";

/** Now, in milliseconds since 1970 with the monotonic clock's resolution: comparable between local processes. */
export const now = (): number => performance.timeOrigin + performance.now();

/** One request to `/v1/messages`, as it went. Moments are those of {@link now}; undefined is "not yet". */
export interface RequestRecord {
  readonly id: string;
  /** Which connection it came by, counted from 1. */
  readonly connection: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body, or undefined where it was no JSON. */
  readonly body: unknown;
  /** What it got, its seed included. */
  readonly directives: Directives & { readonly seed: number };
  /** When its body had arrived. */
  readonly startedAt: number;
  /** The status of the answer, once there is one. */
  status?: number;
  /** When `message_start` was written. */
  firstEventAt?: number;
  /** When the first token's event was written. */
  firstTokenAt?: number;
  /** When the latest token's event was written. */
  lastTokenAt?: number;
  /** Tokens written so far. */
  tokensSent: number;
  /** When the client's end of the connection was seen to be gone before the answer's end. */
  abortedAt?: number;
  /** When the answer ended from this side, well or as told. */
  endedAt?: number;
}

/** What happens to a request, told with its record. */
export interface RequestEvents {
  request: [record: RequestRecord];
  firstEvent: [record: RequestRecord];
  token: [record: RequestRecord];
  aborted: [record: RequestRecord];
  ended: [record: RequestRecord];
}

/** Milliseconds after which a request that was waited for is taken not to come. */
const PATIENCE = 45_000;

interface Waiter {
  readonly matches: (record: RequestRecord) => boolean;
  readonly resolve: (record: RequestRecord) => void;
  readonly reject: (error: Error) => void;
}

/** Every request of a simulator, in order, with promises and events on what becomes of them. */
export class RequestLog {
  readonly #records: RequestRecord[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #events = new EventEmitter<RequestEvents>();
  readonly #most: number;

  /** @param most records kept; the oldest go first */
  constructor(most: number) {
    this.#most = most;
  }

  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > this.#most) this.#records.shift();
  }

  clear(): void {
    this.#records.length = 0;
  }

  /** Tells listeners and waiters that something happened to a request. */
  tell(event: keyof RequestEvents, record: RequestRecord): void {
    this.#events.emit(event, record);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(record)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(record);
    }
  }

  /** Calls the listener from now on; returns what ends that. */
  on(event: keyof RequestEvents, listener: (record: RequestRecord) => void): () => void {
    this.#events.on(event, listener);
    return () => void this.#events.off(event, listener);
  }

  /** The first request that matches, now or as soon as one does; rejects where none does for too long. */
  async waitFor(matches: (record: RequestRecord) => boolean): Promise<RequestRecord> {
    const found = this.#records.find(matches);
    if (found) return found;
    const { promise, resolve, reject } = Promise.withResolvers<RequestRecord>();
    const waiter = { matches, resolve, reject };
    this.#waiters.add(waiter);
    const none = new Error(`no request in ${PATIENCE} ms is like this: ${matches}`);
    const patience = setTimeout(reject, PATIENCE, none);
    try {
      return await promise;
    } finally {
      clearTimeout(patience);
      this.#waiters.delete(waiter);
    }
  }

  /** Ends every wait that is still open. */
  close(): void {
    const open = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of open) waiter.reject(new Error("the upstream simulator was closed"));
    this.#events.removeAllListeners();
  }
}
