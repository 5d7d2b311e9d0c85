import { afterAll } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { createDynamoRecords } from "../../../src/adapters/dynamodb/kept-records.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { recordsSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());

recordsSuite(async () => {
  const database = await server.open("records");
  return { archive: createDynamoArchive(database), records: createDynamoRecords(database) };
}, 10);
