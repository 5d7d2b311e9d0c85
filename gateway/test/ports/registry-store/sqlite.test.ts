import { expect, test } from "@jest/globals";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRegistryStore } from "../../../src/adapters/sqlite/registry-store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { registryStoreSuite } from "./suite.ts";

registryStoreSuite(async () => {
  const database = await openSqlite(":memory:");
  return { store: createSqliteRegistryStore(database), close: () => database.close() };
});

test("the version rises by what another connection to the same SQLite file wrote, and the key is there", async () => {
  const folder = await temporaryFolder();
  const databases = [
    await openSqlite(folder.file("shared")),
    await openSqlite(folder.file("shared")),
  ] as const;
  const [one, other] = [createSqliteRegistryStore(databases[0]), createSqliteRegistryStore(databases[1])];
  const before = await other.version();
  await one.putApiKey({
    id: "a",
    tenant: "t",
    name: "n",
    kind: "ak",
    hash: "h",
    createdAt: 1,
    lastUsedAt: null,
  });
  expect(await other.version()).toBeGreaterThan(before);
  expect(await other.apiKey("h")).toMatchObject({ kind: "ak" });
  await Promise.all(databases.map((database) => database.close()));
  await folder.remove();
});
