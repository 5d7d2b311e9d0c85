import { PROTOCOL_LIMITS } from "@parlance/protocol";

/** Counts what one socket sends: frames a second, bad frames a minute. Two counters, no timers. */
export class FrameBudget {
  #second = 0;
  #frames = 0;
  #minute = 0;
  #bad = 0;

  /** Counts a frame; false where it is one too many for this second. */
  frame(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#frames = 0;
    }
    return ++this.#frames <= PROTOCOL_LIMITS.framesPerSecond;
  }

  /** Counts a bad frame; false where they are too many for this minute. */
  bad(now: number): boolean {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#bad = 0;
    }
    return ++this.#bad < PROTOCOL_LIMITS.badFramesPerMinute;
  }
}
