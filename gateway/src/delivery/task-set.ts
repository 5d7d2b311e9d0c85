/** Work that runs on its own: its failures are told, and whoever must may wait for its end. */
export class TaskSet {
  readonly #running = new Set<Promise<void>>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(work: Promise<void>): void {
    const task: Promise<void> = work.catch(this.#failed).then(() => void this.#running.delete(task));
    this.#running.add(task);
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
