import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRecords } from "../../../src/adapters/sqlite/records.ts";
import { exchange } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { erase } from "./people.ts";
import { recordsSuite } from "./suite.ts";

recordsSuite(async () => {
  const database = await openSqlite(":memory:");
  return { archive: createSqliteArchive(database), records: createSqliteRecords(database) };
});

test("not a byte of what was erased is left in the files of the database", async () => {
  const folder = await temporaryFolder();
  const database = await openSqlite(folder.file("parlance.db"));
  const scope = scopeOf("tenant", "mary");
  const archive = createSqliteArchive(database).forUser(scope);
  for (let turns = 0; turns < 50; turns++) await exchange(archive, `a secret of Mary's ${turns}`);
  await erase(createSqliteRecords(database).forUser(scope));
  await database.close();
  for (const name of await readdir(folder.path)) {
    expect((await readFile(folder.file(name))).includes("a secret of Mary's")).toBe(false);
  }
  await folder.remove();
});
