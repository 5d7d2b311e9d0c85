import type { Archive, ReplyEnd } from "../ports/archive.ts";
import type { TenantPrices } from "../ports/registry-store.ts";
import type { TenantId } from "../ports/scope.ts";
import { NOTHING_USED, type UsageRow, type UsageStore } from "../ports/usage-store.ts";
import { replyCost } from "./cost.ts";
import { modelByName } from "./models.ts";

/** What usage is booked with. */
export interface Booking {
  readonly usage: UsageStore;
  /** A tenant's own prices, by model. */
  prices(tenant: TenantId): Promise<Readonly<Record<string, TenantPrices>>>;
  /** Told what a reply took of its tenant's budget. */
  settle(tenant: TenantId, reply: string, tokens: number): Promise<void>;
  /** Told of usage that could not be booked: the reply has ended all the same. */
  failed(error: unknown): void;
}

/** The archive, which books what a reply took as it ends: once, since a reply ends once, whoever ends it. */
export function bookUsage(archive: Archive, booking: Booking): Archive {
  return {
    ...archive,
    forUser(scope) {
      const user = archive.forUser(scope);
      return {
        ...user,
        async endReply(end) {
          const ended = await user.endReply(end);
          if (ended) await book(scope.tenant, end, booking);
          if (ended) await settle(scope.tenant, end, booking);
          return ended;
        },
      };
    },
  };
}

async function settle(tenant: TenantId, end: ReplyEnd, booking: Booking): Promise<void> {
  try {
    await booking.settle(tenant, end.reply, end.usage.inputTokens + end.usage.outputTokens);
  } catch (error) {
    booking.failed(error);
  }
}

async function book(tenant: TenantId, end: ReplyEnd, { usage, prices, failed }: Booking): Promise<void> {
  // A reply that ended before a model was chosen took nothing.
  if (end.model === "") return;
  try {
    const row = usageOf(end, (await prices(tenant))[end.model]);
    await usage.forTenant(tenant).add(row);
  } catch (error) {
    failed(error);
  }
}

/** Tokens that a provider was paid for and that nobody keeps, since the instance that asked for them is gone. By estimate. */
export interface WastedTokens {
  /** The model's name in the table; empty where none was asked. */
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Books waste: beside the tenant's usage, and on no budget. Where it cannot be booked, `failed` is told.
 *
 * @param at milliseconds since 1970
 */
export async function bookWaste(
  tenant: TenantId,
  waste: WastedTokens,
  at: number,
  { usage, prices, failed }: Pick<Booking, "usage" | "prices" | "failed">,
): Promise<void> {
  if (waste.model === "" || waste.inputTokens + waste.outputTokens === 0) return;
  try {
    await usage.forTenant(tenant).add(wasteOf(waste, at, (await prices(tenant))[waste.model]));
  } catch (error) {
    failed(error);
  }
}

/** Waste as a row of its day. */
export function wasteOf(
  { model: name, inputTokens, outputTokens }: WastedTokens,
  at: number,
  prices: TenantPrices | undefined,
): UsageRow {
  const model = modelByName(name);
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0 };
  return {
    ...NOTHING_USED,
    day: dayOf(at),
    model: name,
    wastedTokens: inputTokens + outputTokens,
    wastedCost: model === undefined ? 0 : replyCost(model, usage, prices),
  };
}

/** The usage of one reply as a row of its day. */
export function usageOf(end: ReplyEnd, prices: TenantPrices | undefined): UsageRow {
  const { inputTokens, outputTokens, cachedInputTokens } = end.usage;
  const model = modelByName(end.model);
  return {
    ...NOTHING_USED,
    day: dayOf(end.at),
    model: end.model,
    messages: 1,
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cost: model === undefined ? 0 : replyCost(model, end.usage, prices),
    // A model always reads its question: a whole answer without input came from a cache.
    cacheHits: end.reason === "stop" && inputTokens === 0 && outputTokens === 0 ? 1 : 0,
  };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
