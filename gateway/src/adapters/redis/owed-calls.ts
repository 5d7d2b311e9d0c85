import type { RedisConnection } from "./connection.ts";
import { RedisUnavailable } from "./errors.ts";

/**
 * Calls that must happen though Redis was away when they were due: they are done before anything else in their
 * group, and when Redis is back. Each may be done twice. This process alone remembers them, and what it remembers
 * is bounded by the turns that were running when Redis went away, since none begins without it.
 */
export class OwedCalls {
  readonly #groups = new Map<string, Map<string, () => Promise<unknown>>>();
  #settlingAll = false;
  #wanted = false;

  constructor(redis: RedisConnection) {
    redis.onBack(() => void this.#settleAll());
  }

  /**
   * Does a call now, or owes it.
   *
   * @param call.group what must not be seen before the call is done
   * @param call.name of two owed calls of one name in a group, the later is done
   * @param call.later what is owed in place of `now`
   */
  async do(call: {
    group: string;
    name: string;
    now: () => Promise<unknown>;
    later?: () => Promise<unknown>;
  }): Promise<void> {
    const { group, name, now, later = now } = call;
    try {
      await this.settle(group);
      await now();
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      this.#owe(group, name, later);
    }
  }

  /** Does what a group is owed; rejects with {@link RedisUnavailable} where that is not possible yet. */
  async settle(group: string): Promise<void> {
    const calls = this.#groups.get(group);
    if (calls === undefined) return;
    this.#groups.delete(group);
    try {
      await Promise.all([...calls.values()].map((call) => call()));
    } catch (error) {
      for (const [name, call] of calls) {
        if (!this.#groups.get(group)?.has(name)) this.#owe(group, name, call);
      }
      throw error;
    }
  }

  #owe(group: string, name: string, call: () => Promise<unknown>): void {
    const calls = this.#groups.get(group) ?? new Map<string, () => Promise<unknown>>();
    calls.set(name, call);
    this.#groups.set(group, calls);
  }

  async #settleAll(): Promise<void> {
    this.#wanted = true;
    if (this.#settlingAll) return;
    this.#settlingAll = true;
    // What fails is owed still, and tried again when Redis is back once more, which may be meanwhile.
    while (this.#wanted) {
      this.#wanted = false;
      for (const group of [...this.#groups.keys()]) await Promise.allSettled([this.settle(group)]);
    }
    this.#settlingAll = false;
  }
}
