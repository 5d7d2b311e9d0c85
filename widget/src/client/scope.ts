import type { ClientEnvironment, Unsubscribe } from "./types.ts";

/** The owner of everything that must end: timers, sockets, requests. */
export interface Scope {
  /** Calls back once after that many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, callback: () => void): Unsubscribe;
  /** Keeps `end` for the scope's end; the returned function calls it earlier, once. */
  own(end: () => void): Unsubscribe;
  /** Ends all that is still owned. */
  end(): void;
}

/** Makes an owner for what a client starts, so that nothing outlives it. */
export function createScope(environment: ClientEnvironment): Scope {
  const owned = new Set<() => void>();
  const own = (end: () => void): Unsubscribe => {
    owned.add(end);
    return () => {
      if (owned.delete(end)) end();
    };
  };
  return {
    own,
    after(milliseconds, callback) {
      const end = (): void => environment.clearTimeout(timer);
      const timer = environment.setTimeout(() => {
        owned.delete(end);
        callback();
      }, milliseconds);
      return own(end);
    },
    end() {
      for (const end of owned) end();
      owned.clear();
    },
  };
}
