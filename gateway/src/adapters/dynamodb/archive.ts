import type { AcceptResult, Archive, UserArchive } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import { adopt } from "./adopt.ts";
import type { DynamoDb } from "./database.ts";
import { Eras, erasedSince } from "./eras.ts";
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
import type { Decision, Writing } from "./user-log.ts";
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
  const eras = new Eras(db, queues);
  return {
    forUser: (scope) => userArchive(scope, eras),
    owed: () => owed(db, eras),
    close: async () => {
      await queues.close();
      db.close();
    },
  };
}

function userArchive(scope: Scope, eras: Eras): UserArchive {
  const read = <Result>(query: (user: User) => Promise<Result>): Promise<Result> =>
    eras.run(scope, ({ user, log }) => log.read(() => query(user)));
  const write = <Result>(
    decide: (user: User, writing: Writing) => Promise<Decision<Result>>,
  ): Promise<Result> => eras.run(scope, ({ user, log }) => log.write((writing) => decide(user, writing)));
  return {
    accept: (request) =>
      eras.run<AcceptResult>(scope, async (era) => {
        if (erasedSince(era, request.credentialsAt ?? request.at)) return { outcome: "erased" };
        return era.log.write((writing) => accept(era.user, request, writing));
      }),
    accepted: (clientId) =>
      read(async (user) => {
        const known = await acceptanceOf(user, clientId);
        if (known === null) return null;
        const { conversation, message, reply, digest } = known;
        return { conversation, message, reply, digest };
      }),
    endReply: (end) => write((user, writing) => endReply(user, end, writing)),
    raiseEpoch: (id, epoch) => write((user) => raiseEpoch(user, id, epoch)),
    reply: (id) => read((user) => reply(user, id)),
    replyTo: (message) => read((user) => replyTo(user, message)),
    openReplies: (conversation) => read((user) => owedBy(user, conversation)),
    conversationOf: (message) => read((user) => conversationOf(user, message)),
    latestConversation: () => read((user) => latestConversation(user)),
    createConversation: (id, at) =>
      eras.run(scope, async (era) => {
        if (erasedSince(era, at)) return;
        await era.log.write((writing) => createConversation(era.user, id, at, writing));
      }),
    messages: (id, page) => read((user) => messages(user, id, page)),
    context: (id, position, limit) => read((user) => context(user, id, position, limit)),
    conversations: (page) => read((user) => conversations(user, page)),
    clear: (id, at) => write((user) => clear(user, id, at)),
    clearedSince: (since) =>
      eras.run(scope, async ({ log }) => {
        const known = await log.cleared();
        return known.filter(({ at }) => at >= since).map(({ conversation }) => conversation);
      }),
    rate: (message, rating, comment, at) => write((user) => rate(user, message, { rating, comment, at })),
    adopt: (visitor, at) => adopt(eras, scope, visitor, at),
    push: (id, message) => write((user, writing) => push(user, id, message, writing)),
  };
}
