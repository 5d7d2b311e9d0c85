import type { ConversationLeases, ConversationOwner, HeldLease } from "../../ports/conversation-leases.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";
import { scopeKey } from "../../tenants/scope.ts";

/** Seconds that a lease lasts, and milliseconds between renewals. */
export const LEASE_SECONDS = 8;
const RENEW_EVERY = 2_000;
/** Milliseconds for which what was held when a renewal failed is held on: unless this instance is held up, it has tried again by then. */
const HELD_ON = 2 * RENEW_EVERY;

interface Kept extends HeldLease {
  /** On the monotonic clock. */
  until: number;
}

/** This instance was held up until a lease ran out that it had taken: what it was to do is to be begun again. */
export class LeaseRanOut extends Error {
  constructor(conversation: string) {
    super(`the lease of ${conversation} ran out while this instance was held up`);
    this.name = "LeaseRanOut";
  }
}

/** The leases that this instance holds, prolonged as long as it needs them. */
export class LeaseKeeper {
  readonly #leases: ConversationLeases;
  readonly #self: string;
  readonly #clock: Clock;
  readonly #lost: (lease: HeldLease) => void;
  readonly #failed: (error: unknown) => void;
  readonly #kept = new Map<string, Kept>();
  readonly #timer: NodeJS.Timeout;
  #renewing = false;

  /**
   * @param parts.lost told of a lease that another instance took
   * @param parts.failed told where leases cannot be renewed; what runs goes on meanwhile
   */
  constructor(parts: {
    leases: ConversationLeases;
    self: string;
    clock: Clock;
    lost: (lease: HeldLease) => void;
    failed: (error: unknown) => void;
  }) {
    this.#leases = parts.leases;
    this.#self = parts.self;
    this.#clock = parts.clock;
    this.#lost = parts.lost;
    this.#failed = parts.failed;
    this.#timer = setInterval(() => void this.#renew(), RENEW_EVERY);
  }

  /** Takes the lease, or learns who has it. An answer that comes when the lease has run out already is asked for again. */
  async acquire(
    scope: Scope,
    conversation: string,
    above: number,
  ): Promise<ConversationOwner & { mine: boolean }> {
    for (;;) {
      const until = this.#clock.monotonic() + LEASE_SECONDS * 1000;
      const owner = await this.#leases.acquire(scope, conversation, this.#self, {
        seconds: LEASE_SECONDS,
        above,
      });
      const mine = owner.instance === this.#self;
      if (mine && this.#clock.monotonic() >= until) continue;
      if (mine) this.#kept.set(key(scope, conversation), { scope, conversation, epoch: owner.epoch, until });
      return { ...owner, mine };
    }
  }

  /** The epoch in which this instance runs a conversation, or null where it does not. */
  epochOf(scope: Scope, conversation: string): number | null {
    return this.#kept.get(key(scope, conversation))?.epoch ?? null;
  }

  /**
   * Whether this instance may go on sending for a conversation: its lease stands, or nobody can have taken it
   * because the store is away. False after a pause in which the lease ran out.
   */
  trusted(scope: Scope, conversation: string): boolean {
    const kept = this.#kept.get(key(scope, conversation));
    return kept !== undefined && this.#clock.monotonic() < kept.until;
  }

  /** Gives a lease up. */
  async release(scope: Scope, conversation: string): Promise<void> {
    const kept = this.#kept.get(key(scope, conversation));
    if (kept === undefined) return;
    this.#kept.delete(key(scope, conversation));
    await this.#leases.release(kept, this.#self);
  }

  /** The lease was found to be another's: it is no longer held here. */
  drop(scope: Scope, conversation: string): void {
    this.#kept.delete(key(scope, conversation));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    if (this.#renewing || this.#kept.size === 0) return;
    this.#renewing = true;
    const held = [...this.#kept.values()];
    const from = this.#clock.monotonic();
    try {
      const still = await this.#leases.renew(held, this.#self, LEASE_SECONDS);
      held.forEach((lease, index) => {
        if (still[index] === true) {
          lease.until = from + LEASE_SECONDS * 1000;
        } else if (this.#kept.get(key(lease.scope, lease.conversation)) === lease) {
          this.#kept.delete(key(lease.scope, lease.conversation));
          this.#lost(lease);
        }
      });
    } catch (error) {
      const now = this.#clock.monotonic();
      for (const lease of held) if (now < lease.until) lease.until = Math.max(lease.until, now + HELD_ON);
      this.#failed(error);
    } finally {
      this.#renewing = false;
    }
  }
}

function key(scope: Scope, conversation: string): string {
  return `${conversation} ${scopeKey(scope)}`;
}
