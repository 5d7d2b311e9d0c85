import type { UsageCounts, UsageStore } from "../../ports/usage-store.ts";
import type { DynamoDb } from "./database.ts";
import { condition } from "./expressions.ts";
import { decodePart, usageKey, usagePartition } from "./keys.ts";

interface UsageItem extends UsageCounts {
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
          ({ sk, messages, inputTokens, outputTokens, cachedInputTokens, cost, cacheHits }) => {
            const separator = sk.indexOf("#");
            const counts = { messages, inputTokens, outputTokens, cachedInputTokens, cost, cacheHits };
            return { day: sk.slice(0, separator), model: decodePart(sk.slice(separator + 1)), ...counts };
          },
        );
      },
    }),
  };
}
