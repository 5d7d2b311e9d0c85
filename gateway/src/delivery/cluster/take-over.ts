import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import type { ClusterParts } from "./parts.ts";

/** Milliseconds between sweeps without cause, and until one is repeated that met a dead instance's lease. */
const SWEEP_EVERY = 15_000;
const SWEEP_AGAIN = 500;

/** A conversation that owes replies which do not run here. */
export interface Owed {
  readonly scope: Scope;
  readonly conversation: string;
  /** The highest epoch in which one of them was run. */
  readonly epoch: number;
}

/** Takes over what is owed and nobody runs: at the start, when an instance goes, and now and then. */
export class TakeOver {
  readonly #parts: ClusterParts;
  readonly #claim: (owed: Owed) => Promise<boolean>;
  #sweeping = false;
  #settled = false;
  #wanted = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  #again: NodeJS.Timeout | null = null;

  /** @param claim takes a conversation if nobody else has it; false where one has it that is dead */
  constructor(parts: ClusterParts, claim: (owed: Owed) => Promise<boolean>) {
    this.#parts = parts;
    this.#claim = claim;
  }

  start(): void {
    this.#timer = setInterval(() => this.soon(), SWEEP_EVERY);
    this.soon();
  }

  /** Whether nothing is owed by instances that are gone, as far as is known. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Looks now, or once more where a look is under way. */
  soon(): void {
    this.#settled = false;
    this.#sweep().catch((error: unknown) => {
      if (!this.#closed) this.#parts.log.warn({ err: error }, "what is owed could not be taken over");
    });
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#again !== null) clearTimeout(this.#again);
  }

  async #sweep(): Promise<void> {
    if (this.#closed || this.#parts.draining()) return;
    this.#wanted = true;
    if (this.#sweeping) return;
    this.#sweeping = true;
    let dead = false;
    try {
      while (this.#wanted && !this.#closed) {
        this.#wanted = false;
        dead = false;
        for (const owed of await this.#owed()) dead = !(await this.#claimed(owed)) || dead;
      }
    } finally {
      this.#sweeping = false;
    }
    this.#settled = !dead;
    if (!dead || this.#closed) return;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = setTimeout(() => this.soon(), SWEEP_AGAIN);
  }

  /** One that could not be claimed is tried again, as if a dead instance had it. */
  async #claimed(owed: Owed): Promise<boolean> {
    try {
      return await this.#claim(owed);
    } catch (error) {
      const { conversation } = owed;
      this.#parts.log.warn({ err: error, conversation }, "a conversation could not be taken over yet");
      return false;
    }
  }

  async #owed(): Promise<Owed[]> {
    const { archive, replies } = this.#parts;
    const conversations = new Map<string, Owed>();
    for (const { tenant, user, conversation, reply, epoch } of await archive.owed()) {
      const scope = { tenant, user };
      if (replies.get(scope, reply)?.owner === null || replies.accepting.has(reply)) continue;
      const key = `${conversation} ${scopeKey(scope)}`;
      const known = conversations.get(key);
      conversations.set(key, { scope, conversation, epoch: Math.max(epoch, known?.epoch ?? 0) });
    }
    return [...conversations.values()];
  }
}
