import { afterAll } from "@jest/globals";
import { createDynamoUsageStore } from "../../../src/adapters/dynamodb/usage-store.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { usageStoreSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());
let tables = 0;

usageStoreSuite(async () => {
  const db = await server.open(`usage-${++tables}`);
  return { store: createDynamoUsageStore(db), close: async () => db.close() };
});
