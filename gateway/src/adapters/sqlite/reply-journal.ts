import type { ReplyJournal } from "../../ports/reply-journal.ts";
import type { SqliteDatabase } from "./database.ts";

/** The journal in an SQLite database. An end stored in the same database drops the reply here in its transaction. */
export function createSqliteReplyJournal(database: SqliteDatabase): ReplyJournal {
  return {
    append: (entries) => database.call("appendToJournal", entries),
    read: ({ tenant, user }, reply) => database.call("readJournal", { scope: { tenant, user }, reply }),
    drop: ({ tenant, user }, reply, epoch) =>
      database.call("dropFromJournal", { scope: { tenant, user }, reply, epoch }),
    eraseUser: ({ tenant, user }, replies) =>
      database.call("eraseFromJournal", { scope: { tenant, user }, replies }),
    expire: (before) => database.call("expireJournal", { before }),
  };
}
