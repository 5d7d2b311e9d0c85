/**
 * Runs much work, each piece at its moment, on one timer, which ticks about once a millisecond while there is
 * any: what keeps hundreds of paced streams cheap. Work that is late runs at the next tick, earliest first.
 */
export class Pacer {
  readonly #slots = new Map<number, (() => void)[]>();
  /** No slot before this one holds anything. */
  #first = 0;
  #swept = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Runs something at a moment of `performance.now()`, to the millisecond above it. */
  at(moment: number, run: () => void): void {
    const slot = Math.max(Math.ceil(moment), this.#swept + 1);
    this.#first = this.#slots.size === 0 ? slot : Math.min(this.#first, slot);
    const work = this.#slots.get(slot);
    if (work) work.push(run);
    else this.#slots.set(slot, [run]);
    this.#timer ??= setTimeout(this.#tick, 1);
  }

  /** Forgets all work. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#slots.clear();
  }

  readonly #tick = (): void => {
    const now = Math.floor(performance.now());
    for (let slot = this.#first; slot <= now; slot++) {
      const work = this.#slots.get(slot);
      this.#swept = Math.max(this.#swept, slot);
      this.#first = slot + 1;
      if (!work) continue;
      this.#slots.delete(slot);
      for (const run of work) run();
    }
    this.#timer = this.#slots.size > 0 ? setTimeout(this.#tick, 1) : undefined;
  };
}
