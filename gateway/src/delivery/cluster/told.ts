import type { Clock } from "../../ports/system.ts";
import { type Concern, concernOf, type PeerMessage } from "./peer-messages.ts";

/** Milliseconds for which it is known whom an envelope concerned, and envelopes of which that is known, at most. */
const KEPT = 60_000;
const MOST = 10_000;

interface Entry {
  readonly n: number;
  readonly at: number;
  readonly concerns: readonly Concern[];
}

/** Whom the envelopes to another instance concerned, for a while: where some are lost, it asks. */
export class Told {
  readonly #clock: Clock;
  #entries: Entry[] = [];
  #forgotten = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An envelope of that number carried these messages. */
  note(n: number, messages: readonly PeerMessage[]): void {
    const concerns = messages.map(concernOf).filter((concern) => concern !== null);
    if (concerns.length === 0) return;
    const at = this.#clock.monotonic();
    this.#entries.push({ n, at, concerns });
    while (this.#entries.length > MOST || (this.#entries[0]?.at ?? at) < at - KEPT)
      this.#forgotten = this.#entries.shift()?.n ?? this.#forgotten;
  }

  /** Whom the envelopes between two numbers, both exclusive, concerned; null where that is no longer known. */
  between(after: number, before: number): readonly Concern[] | null {
    if (after < this.#forgotten) return null;
    return this.#entries.filter(({ n }) => n > after && n < before).flatMap(({ concerns }) => concerns);
  }
}
