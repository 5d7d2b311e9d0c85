/** A callback that is due at a second, until it is taken out. */
export interface WheelEntry {
  /** Takes it out; twice is once. */
  cancel(): void;
}

/** Seconds by which the timer may come late; what is asked for in a turn counts from when that turn was due. */
const LATE = 0.1;

/**
 * One timer for what every socket needs now and then: callbacks by the second they are due. A thousand
 * sockets cost one timer, not two thousand.
 */
export class SecondWheel {
  readonly #slots = new Map<number, Set<() => void>>();
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #last: number;

  /** @param now milliseconds, on a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
    this.#last = Math.floor(now() / 1000);
    this.#timer = setInterval(() => this.turn(), 1000);
  }

  /** Calls back once, at the first full second that is `seconds` from now: not before, and up to a second later. */
  in(seconds: number, callback: () => void): WheelEntry {
    const due = Math.max(Math.ceil(this.#now() / 1000 + seconds - LATE), this.#last + 1);
    const slot = this.#slots.get(due) ?? new Set();
    slot.add(callback);
    this.#slots.set(due, slot);
    return {
      cancel: () => {
        slot.delete(callback);
        if (slot.size === 0 && this.#slots.get(due) === slot) this.#slots.delete(due);
      },
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#slots.clear();
  }

  /** Calls back what is due. Its own timer turns it every second. */
  turn(): void {
    const now = Math.floor(this.#now() / 1000);
    while (this.#last < now) {
      this.#last++;
      const slot = this.#slots.get(this.#last);
      if (slot === undefined) continue;
      this.#slots.delete(this.#last);
      for (const callback of slot) callback();
    }
  }
}
