import type { TenantConversations } from "../../ports/tenant-conversations.ts";
import type { SqliteDatabase } from "./database.ts";

/** Tenants' conversations in an SQLite database. Rejects with {@link StorageError} where the database fails. */
export function createSqliteTenantConversations(database: SqliteDatabase): TenantConversations {
  return {
    forTenant: (tenant) => ({
      list: (page) => database.call("tenantConversations", { tenant, ...page }),
      usersOf: (conversation) => database.call("usersOfConversation", { tenant, conversation }),
      messages: (user, conversation, page) =>
        database.call("tenantConversationMessages", { scope: { tenant, user }, conversation, ...page }),
    }),
  };
}
