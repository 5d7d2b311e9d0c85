import { inTime } from "../support/patience.ts";
import { until } from "../support/until.ts";

/** Values in the order in which they came, to be awaited one by one. */
export class Inbox<T> {
  readonly all: T[] = [];
  #read = 0;
  #wake: (() => void) | null = null;

  /** Puts a value in. */
  readonly push = (value: T): void => {
    this.all.push(value);
    this.#wake?.();
  };

  /** The next value that was not handed out yet. */
  async next(): Promise<T> {
    while (this.#read >= this.all.length) {
      const coming = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await inTime(coming, () => `one more value; so far there were ${JSON.stringify(this.all.slice(-3))}`);
    }
    const value = this.all[this.#read];
    this.#read += 1;
    return value as T;
  }

  /** The next value that fits, skipping others. */
  async nextWhere<S extends T>(fits: (value: T) => value is S): Promise<S> {
    for (;;) {
      const value = await this.next();
      if (fits(value)) return value;
    }
  }
}

/** Resolves once the condition holds. */
export const eventually: (holds: () => boolean) => Promise<void> = until;
