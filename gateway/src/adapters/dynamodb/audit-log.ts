import type { AuditEntry, AuditLog } from "../../ports/audit-log.ts";
import type { DynamoDb } from "./database.ts";
import { condition } from "./expressions.ts";
import { auditPartition, encodePart } from "./keys.ts";

/** The audit log in a DynamoDB table. Rejects with {@link DynamoDbError}. */
export function createDynamoAuditLog(db: DynamoDb): AuditLog {
  return {
    forTenant(tenant) {
      const pk = auditPartition(tenant);
      return {
        async append(entry) {
          await db.update(
            { pk, sk: encodePart(entry.id) },
            { set: { entry } },
            condition("attribute_not_exists(#pk)"),
          );
        },
        async read({ before, limit }) {
          const found: AuditEntry[] = [];
          const items = db.query<{ entry: AuditEntry }>({
            pk,
            descending: true,
            pageSize: limit + 1,
            ...(before === undefined
              ? {}
              : { range: condition("#sk < :before", { before: encodePart(before) }) }),
          });
          for await (const { entry } of items) {
            found.push(entry);
            if (found.length > limit) break;
          }
          const entries = found.slice(0, limit);
          return { entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
        },
      };
    },
  };
}
