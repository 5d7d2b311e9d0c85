import type { UsageCounts, UsageStore } from "../../ports/usage-store.ts";
import type { DynamoDb } from "./database.ts";
import { condition } from "./expressions.ts";
import { decodePart, siteKeyUsageKey, usageKey, usagePartition } from "./keys.ts";

type Waste = Pick<UsageCounts, "wastedTokens" | "wastedCost">;

interface UsageItem extends Omit<UsageCounts, keyof Waste>, Partial<Waste> {
  /** `day#model`. */
  readonly sk: string;
}

/**
 * Usage in a DynamoDB table. Rejects with {@link DynamoDbError}; an addition whose answer was lost may then be
 * made twice.
 */
export function createDynamoUsageStore(db: DynamoDb): UsageStore {
  return {
    forTenant: (tenant) => ({
      async add({ day, model, ...counts }) {
        await db.add(usageKey(tenant, day, model), { ...counts });
      },
      async read({ from, to }) {
        const items = await db.all<UsageItem>({
          pk: usagePartition(tenant),
          range: condition("#sk BETWEEN :first AND :last", { first: `${from}#`, last: `${to}#~` }),
        });
        return items.map(
          ({ sk, messages, inputTokens, outputTokens, cachedInputTokens, cost, cacheHits, ...kept }) => {
            const separator = sk.indexOf("#");
            const counts = { messages, inputTokens, outputTokens, cachedInputTokens, cost, cacheHits };
            // Items of earlier versions know nothing of waste.
            const { wastedTokens = 0, wastedCost = 0 } = kept;
            const row = { day: sk.slice(0, separator), model: decodePart(sk.slice(separator + 1)) };
            return { ...row, ...counts, wastedTokens, wastedCost };
          },
        );
      },
      addOfSiteKey: (of, tokens) => db.add(siteKeyUsageKey(tenant, of), { tokens }),
      ofSiteKey: async (of) =>
        (await db.get<{ readonly tokens: number }>(siteKeyUsageKey(tenant, of)))?.tokens ?? 0,
    }),
  };
}
