/** A number of things to do, at so many a second. */
export interface Pace {
  readonly count: number;
  /** Infinity does all at once. */
  readonly perSecond: number;
  readonly signal: AbortSignal;
}

/**
 * Calls `act` with 0, 1, 2, …, each at its own moment counted from now, so that lateness is made up for, several
 * calls a turn, and never adds up. Rejects with the signal's reason in the turn in which it aborts, with nothing
 * left running; and with what `act` throws.
 */
export function paced({ count, perSecond, signal }: Pace, act: (index: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let next = 0;
    const settle = (how: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      how();
    };
    const abort = (): void => settle(() => reject(signal.reason));
    const momentOf = (index: number): number => begin + ((index + 1) * 1_000) / perSecond;
    const tick = (): void => {
      try {
        while (next < count && momentOf(next) <= performance.now() && !signal.aborted) act(next++);
      } catch (error) {
        settle(() => reject(error));
        return;
      }
      if (signal.aborted) return;
      if (next >= count) settle(resolve);
      else timer = setTimeout(tick, Math.max(1, momentOf(next) - performance.now()));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    tick();
  });
}
