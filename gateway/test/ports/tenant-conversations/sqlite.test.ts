import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteTenantConversations } from "../../../src/adapters/sqlite/tenant-conversations.ts";
import { tenantConversationsSuite } from "./suite.ts";

tenantConversationsSuite(async () => {
  const database = await openSqlite(":memory:");
  return {
    archive: createSqliteArchive(database),
    conversations: createSqliteTenantConversations(database),
    close: () => database.close(),
  };
});
