import type { RegistryStore } from "../../ports/registry-store.ts";
import type { SqliteDatabase } from "./database.ts";

/** The registry in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteRegistryStore(database: SqliteDatabase): RegistryStore {
  return {
    version: () => database.call("registryVersion", undefined),
    tenant: (id) => database.call("tenant", id),
    siteKey: (key) => database.call("siteKey", key),
    signingKeys: (tenant) => database.call("signingKeys", tenant),
    apiKey: (hash) => database.call("apiKey", hash),
    putTenant: (record) => database.call("putTenant", record),
    putSiteKey: (record) => database.call("putSiteKey", record),
    putSigningKey: (record) => database.call("putSigningKey", record),
    putApiKey: (record) => database.call("putApiKey", record),
  };
}
