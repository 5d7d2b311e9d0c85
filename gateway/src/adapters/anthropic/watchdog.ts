/** How long a provider may be silent, in milliseconds. */
export interface Patience {
  /** From the call to the first event. 30,000. */
  readonly firstEvent: number;
  /** From one event to the next. 60,000. */
  readonly nextEvent: number;
}

/** How long a stream that has said its last word may take to close, in milliseconds. */
const LEAVE_TAKING = 1_000;

/** One timer a call, which bites when nothing happens for too long. Its owner stops it. */
export class Watchdog {
  readonly #patience: Patience;
  readonly #bite: (milliseconds: number) => void;
  #timer: NodeJS.Timeout;
  #started: boolean = false;

  /** @param bite told how long nothing had happened */
  constructor(patience: Patience, bite: (milliseconds: number) => void) {
    this.#patience = patience;
    this.#bite = bite;
    this.#timer = this.#wait(patience.firstEvent);
  }

  /** Something happened. */
  seen(): void {
    if (this.#started) {
      this.#timer.refresh();
      return;
    }
    this.#started = true;
    clearTimeout(this.#timer);
    this.#timer = this.#wait(this.#patience.nextEvent);
  }

  /** The last event was seen: only the end of the body may still come. */
  last(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#wait(LEAVE_TAKING);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#bite(milliseconds), milliseconds);
  }
}
