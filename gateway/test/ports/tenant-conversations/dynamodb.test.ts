import { afterAll } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { createDynamoTenantConversations } from "../../../src/adapters/dynamodb/tenant-conversations.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { tenantConversationsSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());
let tables = 0;

tenantConversationsSuite(async () => {
  const db = await server.open(`conversations-${++tables}`);
  const archive = createDynamoArchive(db);
  return { archive, conversations: createDynamoTenantConversations(db), close: () => archive.close() };
});
