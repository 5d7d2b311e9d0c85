import { afterAll } from "@jest/globals";
import { createDynamoAuditLog } from "../../../src/adapters/dynamodb/audit-log.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { auditLogSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());
let tables = 0;

auditLogSuite(async () => {
  const db = await server.open(`audit-${++tables}`);
  return { log: createDynamoAuditLog(db), close: async () => db.close() };
});
