import { type Archive, NoSuchConversation, type UserArchive } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import type { SqliteDatabase } from "./database.ts";

/**
 * The archive in an SQLite database. Rejects with {@link StorageError} where the database fails.
 *
 * `close` closes the database, and with it the other adapters over it.
 */
export function createSqliteArchive(database: SqliteDatabase): Archive {
  return {
    forUser: ({ tenant, user }) => userArchive(database, { tenant, user }),
    owed: () => database.call("owed", undefined),
    close: () => database.close(),
  };
}

function userArchive(database: SqliteDatabase, scope: Scope): UserArchive {
  return {
    accept: (request) => database.call("accept", { scope, request }),
    accepted: (clientId) => database.call("accepted", { scope, clientId }),
    endReply: (end) => database.call("endReply", { scope, end }),
    raiseEpoch: (reply, epoch) => database.call("raiseEpoch", { scope, reply, epoch }),
    reply: (reply) => database.call("reply", { scope, reply }),
    replyTo: (message) => database.call("replyTo", { scope, message }),
    openReplies: (conversation) =>
      database.call("openReplies", { scope, ...(conversation === undefined ? {} : { conversation }) }),
    latestConversation: () => database.call("latestConversation", { scope }),
    conversationOf: (message) => database.call("conversationOf", { scope, message }),
    createConversation: (conversation, at) =>
      database.call("createConversation", { scope, conversation, at }),
    messages: (conversation, page) => database.call("messages", { scope, conversation, ...page }),
    context: (conversation, position, limit) =>
      database.call("context", { scope, conversation, position, limit }),
    conversations: (page) => database.call("conversations", { scope, ...page }),
    clear: (conversation, at) => database.call("clear", { scope, conversation, at }),
    clearedSince: (at) => database.call("clearedSince", { scope, at }),
    rate: (message, rating, comment, at) => database.call("rate", { scope, message, rating, comment, at }),
    adopt: (visitor, at) => database.call("adopt", { scope, visitor, at }),
    push: async (conversation, message) => {
      const outcome = await database.call("push", { scope, conversation, message });
      if (outcome === "not-found") throw new NoSuchConversation(conversation);
      return outcome === "pushed";
    },
  };
}
