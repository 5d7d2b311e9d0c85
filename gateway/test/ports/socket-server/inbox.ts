import { setTimeout as pause } from "node:timers/promises";

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
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
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

/** Resolves once the condition holds; the test's own time limit ends a wait in vain. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}
