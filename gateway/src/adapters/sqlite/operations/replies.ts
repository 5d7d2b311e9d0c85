import type { EndReason, Usage } from "@parlance/protocol";
import type { OwedReply, ReplyEnd, ReplyState } from "../../../ports/archive.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { touchConversation } from "./conversations.ts";
import { dropFromJournal } from "./journal.ts";
import { ownerOf } from "./owners.ts";

const OWED_COLUMNS = `owner.tenant, owner.user, conversation.id AS conversation, reply.id AS reply,
  reply.question AS message, reply.position, reply.epoch, reply.kind, reply.at`;
const REPLIES = `FROM messages AS reply
  JOIN conversations AS conversation ON conversation.number = reply.conversation
  JOIN owners AS owner ON owner.number = reply.owner`;

/** {@link UserArchive.endReply}. What the journal held of the reply goes in the same transaction. */
export function endReply(connection: Connection, { scope, end }: { scope: Scope; end: ReplyEnd }): boolean {
  const owner = ownerOf(connection, scope);
  if (owner === null) return false;
  const reply = connection.get<{ number: number; conversation: number; stands: number }>(
    `SELECT reply.number, reply.conversation,
       reply.superseded = 0 AND conversation.cleared_at IS NULL AS stands
     FROM messages AS reply JOIN conversations AS conversation ON conversation.number = reply.conversation
     WHERE reply.owner = ? AND reply.id = ? AND reply.status = 'queued' AND reply.epoch <= ?`,
    owner,
    end.reply,
    end.epoch,
  );
  if (reply === undefined) return false;
  connection.run(
    `UPDATE messages SET status = ?, seq = ?, epoch = ?, content = ?, model = ?, usage = ?, at = ?
     WHERE number = ?`,
    end.reason,
    end.seq,
    end.epoch,
    end.content,
    end.model,
    JSON.stringify(end.usage),
    end.at,
    reply.number,
  );
  dropFromJournal(connection, { scope, reply: end.reply, epoch: end.epoch });
  if (reply.stands === 1) touchConversation(connection, owner, reply.conversation, end.at);
  return true;
}

/** {@link UserArchive.raiseEpoch}. */
export function raiseEpoch(
  connection: Connection,
  { scope, reply: id, epoch }: { scope: Scope; reply: string; epoch: number },
): boolean {
  const owner = ownerOf(connection, scope);
  if (owner === null) return false;
  const open = connection.get<{ number: number }>(
    "SELECT number FROM messages WHERE owner = ? AND id = ? AND status = 'queued' AND epoch < ?",
    owner,
    id,
    epoch,
  );
  if (open === undefined) return false;
  connection.run("UPDATE messages SET epoch = ? WHERE number = ?", epoch, open.number);
  return true;
}

/** {@link UserArchive.reply}. */
export function reply(connection: Connection, input: { scope: Scope; reply: string }): ReplyState | null {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return null;
  const row = connection.get<OwedReply & EndedRow>(
    `SELECT ${OWED_COLUMNS}, reply.status, reply.seq, reply.content, reply.model, reply.usage
     ${REPLIES} WHERE reply.owner = ? AND reply.id = ? AND reply.kind IS NOT NULL`,
    owner,
    input.reply,
  );
  if (row === undefined) return null;
  const { status, seq, content, model, usage, ...owed } = row;
  if (status === "queued") return { state: "open", owed };
  const { conversation, message, epoch, at } = owed;
  return {
    state: "ended",
    conversation,
    message,
    end: {
      conversation,
      reply: input.reply,
      reason: status,
      seq,
      epoch,
      content,
      model,
      usage: JSON.parse(usage) as Usage,
      at,
    },
  };
}

interface EndedRow {
  readonly status: "queued" | EndReason;
  readonly seq: number;
  readonly content: string;
  readonly model: string;
  readonly usage: string;
}

/** {@link UserArchive.replyTo}. */
export function replyTo(connection: Connection, input: { scope: Scope; message: string }): string | null {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return null;
  const byId = latestReply(connection, owner, input.message);
  if (byId !== null) return byId;
  const acceptance = connection.get<{ message: string }>(
    "SELECT message FROM acceptances WHERE owner = ? AND client_id = ?",
    owner,
    input.message,
  );
  return acceptance === undefined ? null : latestReply(connection, owner, acceptance.message);
}

/** {@link UserArchive.openReplies}. */
export function openReplies(
  connection: Connection,
  input: { scope: Scope; conversation?: string },
): readonly OwedReply[] {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return [];
  if (input.conversation === undefined) {
    return connection.all<OwedReply>(
      `SELECT ${OWED_COLUMNS} ${REPLIES} WHERE reply.owner = ? AND reply.status = 'queued' ORDER BY reply.number`,
      owner,
    );
  }
  return connection.all<OwedReply>(
    `SELECT ${OWED_COLUMNS} ${REPLIES} WHERE conversation.owner = ?1 AND conversation.id = ?2 AND reply.owner = ?1
     AND reply.status = 'queued' ORDER BY reply.number`,
    owner,
    input.conversation,
  );
}

/** {@link Archive.owed}. */
export function owed(connection: Connection): readonly OwedReply[] {
  // The plus keeps SQLite from walking all messages in the order asked for, instead of the open ones.
  return connection.all<OwedReply>(
    `SELECT ${OWED_COLUMNS} ${REPLIES} WHERE reply.status = 'queued' AND NOT EXISTS
       (SELECT 1 FROM erasures WHERE tenant = owner.tenant AND user = owner.user AND erased_at IS NULL)
     ORDER BY +reply.number`,
  );
}

function latestReply(connection: Connection, owner: number, message: string): string | null {
  const row = connection.get<{ reply: string | null }>(
    "SELECT reply FROM messages WHERE owner = ? AND id = ? AND role = 'user'",
    owner,
    message,
  );
  return row?.reply ?? null;
}
