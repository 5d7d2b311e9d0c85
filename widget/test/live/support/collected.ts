import { inTime } from "../../../../gateway/test/ports/support/patience.ts";

/** Things that come in one by one, to be looked at and waited for. */
export class Collected<Item> {
  readonly #items: Item[] = [];
  readonly #waiters = new Set<() => void>();

  /** All so far, oldest first. */
  get all(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    this.#items.push(item);
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves once a condition on all of them holds. */
  until(condition: (items: readonly Item[]) => boolean): Promise<void> {
    const coming = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition(this.#items)) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
    return inTime(coming, () => `${condition}; there are ${JSON.stringify(this.#items).slice(0, 500)}`);
  }
}
