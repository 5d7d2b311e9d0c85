import type { AuditLog } from "../../ports/audit-log.ts";
import type { SqliteDatabase } from "./database.ts";

/** The audit log in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteAuditLog(database: SqliteDatabase): AuditLog {
  return {
    forTenant: (tenant) => ({
      append: (entry) => database.call("appendAudit", { tenant, entry }),
      read: (page) => database.call("readAudit", { tenant, ...page }),
    }),
  };
}
