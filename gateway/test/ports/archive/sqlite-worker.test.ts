import { stat, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openInWorker, openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { scopeOf } from "../support/scopes.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { accepted, turn } from "./turns.ts";

const scope = scopeOf("tenant", "user");

describe("the SQLite worker", () => {
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  test("undoes a request that fails, alone among those it is committed with", async () => {
    const archive = createSqliteArchive(await openSqlite(":memory:"));
    const user = archive.forUser(scope);
    const [one, clash, two] = [turn("one"), turn("clash"), turn("two")];
    const results = await Promise.allSettled([
      user.accept(one),
      user.accept({ ...clash, message: one.message }),
      user.accept(two),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { name: "StorageError", code: "constraint" } });
    expect(await user.accepted(clash.clientId)).toBeNull();
    expect((await user.openReplies()).map(({ position }) => position)).toEqual([1, 2]);
    await archive.close();
  });

  test("finishes what was asked before the close, and refuses what comes after", async () => {
    const file = folder.file("closing.sqlite");
    const archive = createSqliteArchive(await openSqlite(file));
    const user = archive.forUser(scope);
    const asked = Array.from({ length: 50 }, (_, number) =>
      user.accept(turn(`${number}`, { openLimit: 99 })),
    );
    const closed = Promise.all([archive.close(), archive.close()]);
    await expect(user.accept(turn("late"))).rejects.toMatchObject({ name: "StorageError", code: "closed" });
    for (const { outcome } of await Promise.all(asked)) expect(outcome).toBe("accepted");
    await closed;
    const again = createSqliteArchive(await openSqlite(file));
    expect(await again.owed()).toHaveLength(50);
    await again.close();
  });

  test.each([
    { way: "throws", code: 'throw new Error("broken")' },
    { way: "exits", code: "process.exit(3)" },
  ])("that $way rejects what waits and all that comes after, and close still returns", async ({ code }) => {
    const source = `const { parentPort } = require("node:worker_threads");
      parentPort.on("message", () => { ${code} });
      parentPort.postMessage({ type: "open" });`;
    const archive = createSqliteArchive(await openInWorker(new Worker(source, { eval: true })));
    const crashed = { name: "StorageError", code: "crashed" };
    const waiting = await Promise.allSettled([archive.owed(), archive.forUser(scope).accept(turn("one"))]);
    for (const { status, ...rest } of waiting) {
      expect({ status, ...rest }).toMatchObject({ status: "rejected", reason: crashed });
    }
    await expect(archive.owed()).rejects.toMatchObject(crashed);
    await archive.close();
  });

  test("says why a file cannot be opened", async () => {
    await expect(openSqlite(folder.path)).rejects.toMatchObject({ name: "StorageError", code: "failed" });
    const file = folder.file("later.sqlite");
    const later = new DatabaseSync(file);
    later.exec("PRAGMA user_version = 9999");
    later.close();
    await expect(openSqlite(file)).rejects.toThrow(/schema 9999, made by a later version/);
    const garbage = folder.file("garbage.sqlite");
    await writeFile(garbage, "this is not a database, however long it may be. ".repeat(100));
    await expect(openSqlite(garbage)).rejects.toMatchObject({ name: "StorageError", code: "failed" });
  });

  test("keeps its files for their owner alone", async () => {
    const file = folder.file("private.sqlite");
    const archive = createSqliteArchive(await openSqlite(file));
    await accepted(archive.forUser(scope), turn("private"));
    for (const suffix of ["", "-wal"]) expect((await stat(`${file}${suffix}`)).mode & 0o077).toBe(0);
    await archive.close();
  });
});
