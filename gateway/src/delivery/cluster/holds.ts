import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";

interface Place {
  readonly scope: Scope;
  readonly conversation: string;
}

/** The conversations for which something is being done, and whose leases are not given up meanwhile. */
export class Holds {
  readonly #counts = new Map<string, number>();
  readonly #free: (place: Place) => void;

  /** @param free told of a conversation for which nothing more is being done */
  constructor(free: (place: Place) => void) {
    this.#free = free;
  }

  has(place: Place): boolean {
    return this.#counts.has(keyOf(place));
  }

  /** Does something for a conversation. */
  async during<Result>(place: Place, work: () => Promise<Result>): Promise<Result> {
    const key = keyOf(place);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left > 0) this.#counts.set(key, left);
      else {
        this.#counts.delete(key);
        this.#free(place);
      }
    }
  }
}

function keyOf({ scope, conversation }: Place): string {
  return `${conversation} ${scopeKey(scope)}`;
}
