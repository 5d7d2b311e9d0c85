import type { Archive, UserArchive } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import type { DynamoDb } from "./database.ts";
import { userKey } from "./keys.ts";
import { accept } from "./operations/accept.ts";
import {
  clear,
  conversationOf,
  conversations,
  createConversation,
  latestConversation,
} from "./operations/conversations.ts";
import { context, messages, push, rate } from "./operations/messages.ts";
import { endReply, owedBy, raiseEpoch, reply, replyTo } from "./operations/replies.ts";
import { acceptanceOf, type User } from "./operations/user.ts";
import { owed } from "./owed.ts";
import { UserLog } from "./user-log.ts";
import { UserQueues } from "./user-queues.ts";

/**
 * The archive in a DynamoDB table, which any number of gateways may share. Rejects with {@link DynamoDbError}
 * where the table fails; a write that was rejected so may have been made, and is then finished by whoever comes
 * next.
 *
 * `close` lets writes end that were asked for, and closes the table, and with it the other adapters over it.
 */
export function createDynamoArchive(db: DynamoDb): Archive {
  const queues = new UserQueues();
  const open = ({ tenant, user }: Scope): { user: User; log: UserLog } => {
    const pk = userKey({ tenant, user });
    return { user: { db, scope: { tenant, user }, pk }, log: new UserLog(db, queues, pk) };
  };
  return {
    forUser: (scope) => userArchive(open(scope)),
    owed: () => owed(db, open),
    close: async () => {
      await queues.close();
      db.close();
    },
  };
}

function userArchive({ user, log }: { user: User; log: UserLog }): UserArchive {
  return {
    accept: (request) => log.write((writing) => accept(user, request, writing)),
    accepted: (clientId) =>
      log.read(async () => {
        const known = await acceptanceOf(user, clientId);
        if (known === null) return null;
        const { conversation, message, reply, digest } = known;
        return { conversation, message, reply, digest };
      }),
    endReply: (end) => log.write((writing) => endReply(user, end, writing)),
    raiseEpoch: (id, epoch) => log.write(() => raiseEpoch(user, id, epoch)),
    reply: (id) => log.read(() => reply(user, id)),
    replyTo: (message) => log.read(() => replyTo(user, message)),
    openReplies: (conversation) => log.read(() => owedBy(user, conversation)),
    conversationOf: (message) => log.read(() => conversationOf(user, message)),
    latestConversation: () => log.read(() => latestConversation(user)),
    createConversation: (id, at) => log.write((writing) => createConversation(user, id, at, writing)),
    messages: (id, page) => log.read(() => messages(user, id, page)),
    context: (id, position, limit) => log.read(() => context(user, id, position, limit)),
    conversations: (page) => log.read(() => conversations(user, page)),
    clear: (id, at) => log.write(() => clear(user, id, at)),
    rate: (message, rating, comment, at) => log.write(() => rate(user, message, { rating, comment, at })),
    push: (id, message) => log.write((writing) => push(user, id, message, writing)),
  };
}
