import type { Records } from "../../ports/records.ts";
import type { SqliteDatabase } from "./database.ts";

/** What the archive of an SQLite database keeps of people. Rejects with {@link StorageError} where the database fails. */
export function createSqliteRecords(database: SqliteDatabase): Records {
  return {
    forUser: ({ tenant, user }) => {
      const scope = { tenant, user };
      return {
        conversations: (page) => database.call("keptConversations", { scope, ...page }),
        messages: (conversation, page) => database.call("keptMessages", { scope, conversation, ...page }),
        openReplies: () => database.call("keptOpenReplies", { scope }),
        erasure: () => database.call("erasureOf", { scope }),
        begin: (erasure) => database.call("beginErasure", { scope, ...erasure }),
        purge: (id, limit) => database.call("purgeErased", { scope, id, limit }),
        count: (id, counts) => database.call("countErased", { scope, id, counts }),
        finish: (id, at) => database.call("finishErasure", { scope, id, at }),
      };
    },
    users: (tenant, page) => database.call("keptUsers", { tenant, ...page }),
    unfinished: () => database.call("unfinishedErasures", undefined),
    expire: (tenant, expiry) => database.call("expire", { tenant, ...expiry }),
    tidy: (before) => database.call("forgetErasures", { before }),
  };
}
