import type { RegistryStore } from "../../ports/registry-store.ts";
import type { SqliteDatabase } from "./database.ts";

/** The registry in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteRegistryStore(database: SqliteDatabase): RegistryStore {
  return {
    version: () => database.call("registryVersion", undefined),
    tenant: (id) => database.call("tenant", id),
    tenants: (page) => database.call("tenants", page),
    siteKey: (key) => database.call("siteKey", key),
    siteKeys: (tenant) => database.call("siteKeys", tenant),
    signingKeys: (tenant) => database.call("signingKeys", tenant),
    apiKey: (hash) => database.call("apiKey", hash),
    apiKeys: (tenant) => database.call("apiKeys", tenant),
    putTenant: (record, replaces) => database.call("putTenant", { record, replaces }),
    deleteTenant: (id, revision, at) => database.call("deleteTenant", { id, revision, at }),
    deletedTenants: () => database.call("deletedTenants", undefined),
    forgotten: (id) => database.call("tenantForgotten", id),
    putSiteKey: (record, replaces) => database.call("putSiteKey", { record, replaces: replaces ?? null }),
    putSigningKey: (record) => database.call("putSigningKey", record),
    replaceSigningKey: (record) => database.call("replaceSigningKey", record),
    putApiKey: (record) => database.call("putApiKey", record),
    deleteSiteKey: (tenant, id) => database.call("deleteKey", { kind: "site-key", tenant, id }),
    deleteSigningKey: (tenant, kid) => database.call("deleteKey", { kind: "signing-key", tenant, id: kid }),
    deleteApiKey: (tenant, id) => database.call("deleteKey", { kind: "api-key", tenant, id }),
    used: (uses) => database.call("keysUsed", uses),
  };
}
