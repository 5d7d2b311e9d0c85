import type { PresenceStore } from "../../ports/presence.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

/** When each instance's lease runs out, on the clock that never goes back. */
type Leases = Map<string, number>;

/** Presence in this process, for gateways that share nothing else. */
export function createMemoryPresenceStore({ clock }: { clock: Clock }): PresenceStore {
  const users = new Map<string, Leases>();
  const nameOf = ({ tenant, user }: Scope): string => JSON.stringify([tenant, user]);

  /** Drops what has run out. */
  const prune = (name: string): void => {
    const leases = users.get(name);
    if (leases === undefined) return;
    for (const [instance, until] of leases) {
      if (until <= clock.monotonic()) leases.delete(instance);
    }
    if (leases.size === 0) users.delete(name);
  };
  /** Looks after one user whom nobody asked about for long, so that nobody is kept for ever. */
  const pruneOldest = (): void => {
    const [name] = users.keys();
    if (name === undefined) return;
    prune(name);
    const leases = users.get(name);
    if (leases === undefined) return;
    users.delete(name);
    users.set(name, leases);
  };
  const register = (scope: Scope, instance: string, seconds: number): void => {
    pruneOldest();
    const name = nameOf(scope);
    prune(name);
    const leases = users.get(name) ?? new Map<string, number>();
    leases.set(instance, Math.max(leases.get(instance) ?? 0, clock.monotonic() + seconds * 1000));
    users.set(name, leases);
  };

  return {
    async register(scope, instance, seconds) {
      register(scope, instance, seconds);
    },
    async renew(scopes, instance, seconds) {
      for (const scope of scopes) register(scope, instance, seconds);
    },
    async unregister(scope, instance) {
      const name = nameOf(scope);
      users.get(name)?.delete(instance);
      prune(name);
    },
    async instancesOf(scope) {
      const name = nameOf(scope);
      prune(name);
      return [...(users.get(name)?.keys() ?? [])];
    },
  };
}
