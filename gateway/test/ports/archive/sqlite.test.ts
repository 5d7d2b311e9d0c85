import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { archiveSuite } from "./suite.ts";

archiveSuite(async () => createSqliteArchive(await openSqlite(":memory:")));
