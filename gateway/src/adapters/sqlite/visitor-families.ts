import type { VisitorFamilies } from "../../ports/visitor-families.ts";
import type { SqliteDatabase } from "./database.ts";

/** Visitors' tokens in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteVisitorFamilies(database: SqliteDatabase): VisitorFamilies {
  return {
    forTenant: (tenant) => ({
      get: (visitor) => database.call("visitorFamily", { tenant, visitor }),
      put: (visitor, family) => database.call("putVisitorFamily", { tenant, visitor, family }),
      forget: (limit) => database.call("forgetTenantsFamilies", { tenant, limit }),
    }),
    forgetExpired: (before, limit) => database.call("forgetVisitorFamilies", { before, limit }),
  };
}
