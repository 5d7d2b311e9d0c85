import { createSqliteAuditLog } from "../../../src/adapters/sqlite/audit-log.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { auditLogSuite } from "./suite.ts";

auditLogSuite(async () => {
  const database = await openSqlite(":memory:");
  return { log: createSqliteAuditLog(database), close: () => database.close() };
});
