import type { Scope } from "./scope.ts";

/**
 * On which instances a user has sockets. Entries are under leases: those of an instance that died are gone by
 * themselves. Rejects where the store is away.
 */
export interface PresenceStore {
  /** The user has a socket at the instance, for so many seconds from now. Twice is once: the lease that ends later holds. */
  register(scope: Scope, instance: string, seconds: number): Promise<void>;
  /** Prolongs the leases of many users of one instance, in one batch; makes those that had run out. */
  renew(scopes: readonly Scope[], instance: string, seconds: number): Promise<void>;
  /** The user's last socket at the instance is gone. */
  unregister(scope: Scope, instance: string): Promise<void>;
  /** The instances at which the user has sockets, whose lease has not run out; in no order. */
  instancesOf(scope: Scope): Promise<readonly string[]>;
}
