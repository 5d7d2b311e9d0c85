import { afterAll } from "@jest/globals";
import { createDynamoVisitorFamilies } from "../../../src/adapters/dynamodb/visitor-families.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { visitorFamiliesSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());

visitorFamiliesSuite(async () => {
  const db = await server.open("families");
  return { families: createDynamoVisitorFamilies(db), close: async () => db.close() };
});
