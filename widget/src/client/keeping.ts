import type { ClientEnvironment } from "./types.ts";

/** What lasts between loads, where it may. No call throws. */
export interface Keeping {
  /** The value parsed, or null where there is none that can be read. */
  read(key: string): unknown;
  /** Writes as JSON; false where it may not or could not. */
  write(key: string, value: unknown): boolean;
  remove(key: string): void;
}

/**
 * Wraps a storage that may be absent, full or forbidden: a client without it works, and forgets.
 *
 * @param mayStore whether anything may be written now; removing is always allowed
 */
export function createKeeping(storage: ClientEnvironment["storage"], mayStore: () => boolean): Keeping {
  const attempt = <Value>(action: () => Value, otherwise: Value): Value => {
    try {
      return action();
    } catch {
      // The contract of `storage`: every call may throw, and the client goes on without.
      return otherwise;
    }
  };
  return {
    read: (key) => attempt(() => JSON.parse(storage?.getItem(key) ?? "null") as unknown, null),
    write: (key, value) =>
      storage !== null &&
      mayStore() &&
      attempt(() => {
        storage.setItem(key, JSON.stringify(value));
        return true;
      }, false),
    remove: (key) => attempt(() => storage?.removeItem(key), undefined),
  };
}
