import type { ConversationSummaries } from "../ports/conversation-summaries.ts";
import type { MessageLayer } from "../ports/message-layer.ts";
import type { Records } from "../ports/records.ts";
import type { ReplyJournal } from "../ports/reply-journal.ts";
import type { TenantId } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";

const DAY = 24 * 60 * 60 * 1000;
/** Conversations or users a batch: few enough that nobody waits for one. */
const BATCH = 100;
/** How long text of replies is kept that nobody ended, milliseconds. */
const JOURNAL_KEPT = DAY;
/** How long it is remembered that a user was erased: no token lives as long. */
const ERASURES_KEPT = 30 * DAY;
/** Milliseconds between sweeps, and by how much they differ, so that instances do not sweep at once. */
const SWEEP_EVERY = 60 * 60 * 1000;
const JITTER = 10 * 60 * 1000;

/** A tenant and how long it keeps what is said; null is for ever. */
export interface TenantRetention {
  readonly tenant: TenantId;
  readonly retentionDays: number | null;
}

/** What a sweep works on. */
export interface RetentionServices {
  readonly records: Records;
  readonly layers: readonly MessageLayer[];
  readonly summaries: ConversationSummaries;
  readonly journal: ReplyJournal;
  tenants(): AsyncIterable<TenantRetention>;
  readonly clock: Clock;
}

/** What a sweep deleted. */
export interface Swept {
  readonly tenants: number;
  readonly conversations: number;
  readonly messages: number;
}

/**
 * Deletes what is older than its tenant keeps it, in bounded batches: turns from the archive, then from every layer
 * whatever it holds of their conversations; what a layer lacks it reads anew. Then what nobody keeps for ever:
 * text of replies that was left behind, and tombstones.
 *
 * @param signal stops it after a batch
 */
export async function sweepRetention(services: RetentionServices, signal?: AbortSignal): Promise<Swept> {
  const { records, journal, clock } = services;
  const swept = { tenants: 0, conversations: 0, messages: 0 };
  for await (const { tenant, retentionDays } of services.tenants()) {
    if (signal?.aborted) return swept;
    if (retentionDays === null) continue;
    swept.tenants++;
    const { conversations, messages } = await sweepTenant(services, tenant, retentionDays, signal);
    swept.conversations += conversations;
    swept.messages += messages;
  }
  await journal.expire(clock.now() - JOURNAL_KEPT);
  await records.tidy(clock.now() - ERASURES_KEPT);
  return swept;
}

async function sweepTenant(
  { records, layers, summaries, clock }: RetentionServices,
  tenant: TenantId,
  retentionDays: number,
  signal: AbortSignal | undefined,
): Promise<Omit<Swept, "tenants">> {
  const before = clock.now() - retentionDays * DAY;
  const swept = { conversations: 0, messages: 0 };
  let after: string | null | undefined;
  do {
    const batch = await records.expire(tenant, {
      before,
      limit: BATCH,
      ...(typeof after === "string" ? { after } : {}),
    });
    for (const { conversation, ...scope } of batch.conversations) {
      await Promise.all([...layers, summaries].map((layer) => layer.drop(scope, conversation)));
    }
    swept.conversations += batch.conversations.length;
    swept.messages += batch.messages;
    after = batch.next;
  } while (after !== null && !signal?.aborted);
  return swept;
}

/** Sweeps about once an hour, for as long as the gateway runs. */
export class RetentionTimer {
  readonly #sweep: (signal: AbortSignal) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> = Promise.resolve();

  /**
   * @param options.sweep does one sweep, as far as it is this instance's turn
   * @param options.failed told of a sweep that failed; the next one comes all the same
   * @param options.random 0 to 1
   */
  constructor(options: {
    sweep(signal: AbortSignal): Promise<void>;
    failed(error: unknown): void;
    random?: () => number;
  }) {
    this.#sweep = options.sweep;
    this.#failed = options.failed;
    this.#random = options.random ?? Math.random;
    this.#schedule(this.#random() * JITTER);
  }

  /** Resolves once no sweep runs; none follows. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#sweeping;
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#sweep(this.#stopping.signal)
        .catch(this.#failed)
        .then(() => {
          if (!this.#stopping.signal.aborted) this.#schedule(SWEEP_EVERY + this.#random() * JITTER);
        });
    }, milliseconds);
  }
}
