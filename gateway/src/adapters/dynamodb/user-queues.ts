import { DynamoDbError } from "./errors.ts";

/**
 * Lets one write of a user at a time run in this process, in the order asked. Other processes are kept apart by
 * the log's versions; this keeps a process from racing itself.
 */
export class UserQueues {
  readonly #tails = new Map<string, Promise<void>>();
  #closed = false;

  /** Rejects with what the task does, or with {@link DynamoDbError} `closed`. */
  async run<Result>(user: string, task: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new DynamoDbError("closed", "the archive is closed");
    const result = (this.#tails.get(user) ?? Promise.resolve()).then(task);
    // How a task ends concerns its caller; the next one begins either way.
    const tail = Promise.allSettled([result]).then(() => {
      if (this.#tails.get(user) === tail) this.#tails.delete(user);
    });
    this.#tails.set(user, tail);
    return result;
  }

  /** Takes no more, and resolves when all that was asked before has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#tails.values());
  }
}
