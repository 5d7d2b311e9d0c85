import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteUsageStore } from "../../../src/adapters/sqlite/usage-store.ts";
import { usageStoreSuite } from "./suite.ts";

usageStoreSuite(async () => {
  const database = await openSqlite(":memory:");
  return { store: createSqliteUsageStore(database), close: () => database.close() };
});
