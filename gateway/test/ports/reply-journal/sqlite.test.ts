import { expect, test } from "@jest/globals";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteReplyJournal } from "../../../src/adapters/sqlite/reply-journal.ts";
import { accepted, end, turn } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";
import { replyJournalSuite } from "./suite.ts";

replyJournalSuite(async () => {
  const database = await openSqlite(":memory:");
  return { journal: createSqliteReplyJournal(database), close: () => database.close() };
});

test("an end in the archive of the same SQLite database leaves no text behind", async () => {
  const database = await openSqlite(":memory:");
  const journal = createSqliteReplyJournal(database);
  const scope = scopeOf("tenant", "user");
  const user = createSqliteArchive(database).forUser(scope);
  const { reply } = await accepted(user, turn("question"));
  await journal.append([{ ...scope, reply, epoch: 1, seq: 1, text: "so far" }]);
  await user.endReply(end(reply));
  expect(await journal.read(scope, reply)).toBeNull();
  await database.close();
});

test("text that was left behind goes when it is old, and not before", async () => {
  const database = await openSqlite(":memory:");
  const journal = createSqliteReplyJournal(database);
  const scope = scopeOf("tenant", "user");
  await journal.append([{ ...scope, reply: "r", epoch: 1, seq: 1, text: "left" }]);
  expect(await journal.expire(Date.now() - 60_000)).toBe(0);
  expect(await journal.read(scope, "r")).not.toBeNull();
  expect(await journal.expire(Date.now() + 60_000)).toBe(1);
  expect(await journal.read(scope, "r")).toBeNull();
  await database.close();
});
