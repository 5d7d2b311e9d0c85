import type { UsageStore } from "../../ports/usage-store.ts";
import type { SqliteDatabase } from "./database.ts";

/** Usage in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteUsageStore(database: SqliteDatabase): UsageStore {
  return {
    forTenant: (tenant) => ({
      add: (row) => database.call("addUsage", { tenant, row }),
      read: (range) => database.call("readUsage", { tenant, ...range }),
      addOfSiteKey: (of, tokens) => database.call("addSiteKeyUsage", { tenant, ...of, tokens }),
      ofSiteKey: (of) => database.call("siteKeyUsage", { tenant, ...of }),
    }),
  };
}
