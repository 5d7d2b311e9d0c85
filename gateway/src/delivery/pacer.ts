import { performance } from "node:perf_hooks";
import type { LiveReply } from "./live-reply.ts";

/** Longest time that text waits to be merged, milliseconds: two frames of a 60 Hz screen. */
const LONGEST_WINDOW = 33;
/** Milliseconds between looks at how busy the event loop is. */
const SAMPLE_EVERY = 250;
/** Share of time the event loop may be busy before frames are merged; and below which they no longer are. */
const BUSY = 0.85;
const CALM = 0.6;

/**
 * Decides when changed replies reach their readers: at the end of the current task while the event loop has
 * time to spare, so that what was read together leaves together and nothing waits; in a window that grows
 * to 33 ms when it has none. A reply's first text and its end never wait.
 */
export class Pacer {
  readonly #changed = new Set<LiveReply>();
  readonly #sampler: NodeJS.Timeout;
  #utilization = performance.eventLoopUtilization();
  #window = 0;
  #scheduled: "none" | "task" | "window" = "none";
  #timer: NodeJS.Timeout | null = null;

  constructor() {
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_EVERY);
  }

  /** A reply has something new. */
  readonly changed = (reply: LiveReply): void => {
    this.#changed.add(reply);
    const urgent = this.#window === 0 || reply.state === "ended" || reply.log.seq <= 1;
    if (urgent && this.#scheduled !== "task") {
      this.#scheduled = "task";
      queueMicrotask(this.#flush);
    } else if (this.#scheduled === "none") {
      this.#scheduled = "window";
      this.#timer = setTimeout(this.#flush, this.#window);
    }
  };

  /** Lets go of its timers; what changed is sent first. */
  close(): void {
    clearInterval(this.#sampler);
    this.#flush();
  }

  readonly #flush = (): void => {
    this.#scheduled = "none";
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const reply of this.#changed) {
      for (const reader of reply.readers) reader.advance();
    }
    this.#changed.clear();
  };

  #sample(): void {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    if (utilization > BUSY)
      this.#window = Math.min(LONGEST_WINDOW, this.#window === 0 ? 4 : this.#window * 2);
    else if (utilization < CALM) this.#window = this.#window <= 4 ? 0 : this.#window / 2;
  }
}
