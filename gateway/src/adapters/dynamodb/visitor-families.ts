import { randomUUID } from "node:crypto";
import type { VisitorFamilies, VisitorFamily } from "../../ports/visitor-families.ts";
import type { DynamoDb } from "./database.ts";
import { condition } from "./expressions.ts";
import { type ItemKey, visitorKey, visitorsOfTenant } from "./keys.ts";
import { BY_TENANT } from "./table.ts";

interface FamilyItem {
  readonly family: VisitorFamily;
  readonly revision: number;
  /** Names the write that made it so. */
  readonly write: string;
  /** Seconds since 1970, for the table's own time to live, where it is turned on for this attribute. */
  readonly expires: number;
  /** By which the tenant's families are found, in an index that wants a time too. */
  readonly listed: string;
  readonly changedAt: number;
}

/** Visitors' tokens in a DynamoDB table, which forgets them by its time to live. Rejects with {@link DynamoDbError}. */
export function createDynamoVisitorFamilies(db: DynamoDb): VisitorFamilies {
  return {
    forTenant: (tenant) => ({
      get: async (visitor) => (await db.get<FamilyItem>(visitorKey(tenant, visitor)))?.family ?? null,
      async put(visitor, family) {
        const key = visitorKey(tenant, visitor);
        const { revision, expiresAt } = family;
        const write = randomUUID();
        const set = {
          family,
          revision,
          write,
          expires: Math.ceil(expiresAt / 1000),
          listed: visitorsOfTenant(tenant),
          changedAt: expiresAt,
        } satisfies FamilyItem;
        const before =
          revision === 1
            ? condition("attribute_not_exists(#pk)")
            : condition("#revision = :before", { before: revision - 1 });
        if (await db.update(key, { set }, before)) return true;
        // A write that was repeated since its answer was lost finds its own mark.
        return (await db.get<FamilyItem>(key))?.write === write;
      },
      async forget(limit) {
        let forgotten = 0;
        const items = db.query<ItemKey>({ pk: visitorsOfTenant(tenant), index: BY_TENANT, pageSize: limit });
        for await (const { pk, sk } of items) {
          // The index lags behind: what it lists may be gone.
          if (await db.delete({ pk, sk }, condition("attribute_exists(#pk)"))) forgotten++;
          if (forgotten === limit) break;
        }
        return forgotten;
      },
    }),
    forgetExpired: async () => 0,
  };
}
