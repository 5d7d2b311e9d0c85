import { PROTOCOL_LIMITS } from "@parlance/protocol";

/** Counts what one socket sends: frames a second, bad frames a minute. Two windows, no timers. */
export class FrameBudget {
  readonly #frames = new Window(1_000);
  readonly #bad = new Window(60_000);

  /** Counts a frame; false where it is one too many for this second. */
  frame(now: number): boolean {
    return this.#frames.count(now) <= PROTOCOL_LIMITS.framesPerSecond;
  }

  /** Counts a bad frame; false where they are too many for this minute. */
  bad(now: number): boolean {
    return this.#bad.count(now) < PROTOCOL_LIMITS.badFramesPerMinute;
  }
}

/** A count that begins anew; its window opens with the first of what it counts, so that no burst falls into two. */
class Window {
  readonly #milliseconds: number;
  #openedAt = Number.NEGATIVE_INFINITY;
  #counted = 0;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  count(now: number): number {
    if (now - this.#openedAt >= this.#milliseconds) {
      this.#openedAt = now;
      this.#counted = 0;
    }
    return ++this.#counted;
  }
}
