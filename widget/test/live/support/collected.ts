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
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition(this.#items)) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }
}
