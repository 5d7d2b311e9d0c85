/** Milliseconds between two ticks, and what the time between two counts for at most. */
const TICK = 20;
const MOST = 100;
/** Milliseconds that a process was held up for, from which what it did at moments of its own says nothing. */
const HELD_UP = 100;
/** How often a scene is played before it fails all the same. */
const TRIES = 5;

/**
 * Time as this process lives it: the clock stands still while a busy machine holds the process up. What a test waits
 * for is then not slower, only seen later.
 */
export class LivedClock {
  #lived = 0;
  #last = performance.now();
  readonly #ticking = setInterval(() => this.now(), TICK).unref();

  /** Milliseconds lived since it began. */
  now(): number {
    const now = performance.now();
    this.#lived += Math.min(MOST, now - this.#last);
    this.#last = now;
    return this.#lived;
  }

  stop(): void {
    clearInterval(this.#ticking);
  }
}

/**
 * Begins to measure how long something takes, as this process lives it.
 *
 * @returns ends it, and says how many milliseconds it was
 */
export function measure(): () => number {
  const clock = new LivedClock();
  return () => {
    clock.stop();
    return clock.now();
  };
}

/**
 * Plays a scene that hangs on doing things at their moments. Where it fails and this process was held up in its
 * midst, that says nothing, and it is played anew.
 */
export async function undisturbed<Result>(scene: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const from = performance.now();
    const clock = new LivedClock();
    try {
      return await scene();
    } catch (error) {
      const heldUp = performance.now() - from - clock.now();
      if (heldUp < HELD_UP || tries === TRIES) throw error;
    } finally {
      clock.stop();
    }
  }
}
