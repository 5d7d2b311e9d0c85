import type { ConversationLeases, ConversationOwner, HeldLease } from "../../ports/conversation-leases.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

/** Milliseconds that an epoch is remembered after its lease was used last. */
const EPOCH_KEPT = 24 * 60 * 60 * 1000;

interface Entry {
  /** The highest epoch there was. */
  readonly epoch: number;
  /** Who took the lease in that epoch; null once it was given up. */
  readonly instance: string | null;
  /** When the lease runs out, on the clock that never goes back. */
  readonly until: number;
  readonly used: number;
}

/** Leases in this process, each decided within one call that nothing interrupts. */
export function createMemoryConversationLeases({ clock }: { clock: Clock }): ConversationLeases {
  /** The one used longest ago comes first. */
  const entries = new Map<string, Entry>();
  const nameOf = ({ tenant, user }: Scope, conversation: string): string =>
    JSON.stringify([tenant, user, conversation]);

  const put = (name: string, epoch: number, instance: string | null, milliseconds: number): void => {
    const now = clock.monotonic();
    entries.delete(name);
    entries.set(name, { epoch, instance, until: now + milliseconds, used: now });
    for (const [oldest, { until, used }] of entries) {
      if (until > now || used + EPOCH_KEPT > now) break;
      entries.delete(oldest);
    }
  };
  const ownerOf = (name: string): ConversationOwner | null => {
    const entry = entries.get(name);
    if (entry === undefined || entry.instance === null || entry.until <= clock.monotonic()) return null;
    return { instance: entry.instance, epoch: entry.epoch };
  };
  const renew = ({ scope, conversation, epoch }: HeldLease, instance: string, seconds: number): boolean => {
    const name = nameOf(scope, conversation);
    const entry = entries.get(name);
    if (entry !== undefined && (entry.epoch !== epoch || entry.instance !== instance)) return false;
    put(name, epoch, instance, seconds * 1000);
    return true;
  };

  return {
    async acquire(scope, conversation, instance, { seconds, above }) {
      const name = nameOf(scope, conversation);
      const owner = ownerOf(name);
      if (owner !== null && owner.instance !== instance) return owner;
      const epoch = owner?.epoch ?? Math.max(entries.get(name)?.epoch ?? 0, above) + 1;
      put(name, epoch, instance, seconds * 1000);
      return { instance, epoch };
    },
    renew: async (leases, instance, seconds) => leases.map((lease) => renew(lease, instance, seconds)),
    async release({ scope, conversation, epoch }, instance) {
      const name = nameOf(scope, conversation);
      const entry = entries.get(name);
      if (entry?.epoch === epoch && entry.instance === instance) put(name, epoch, null, 0);
    },
    ownerOf: async (scope, conversation) => ownerOf(nameOf(scope, conversation)),
    eraseUser: async (scope, conversations) =>
      conversations.filter((conversation) => entries.delete(nameOf(scope, conversation))).length,
  };
}
