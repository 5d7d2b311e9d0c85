import { afterAll } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { archiveSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());

archiveSuite(async () => createDynamoArchive(await server.open("archive")), { scopes: 10, histories: 30 });
