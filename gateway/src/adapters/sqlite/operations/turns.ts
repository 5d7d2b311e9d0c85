import type { AcceptRequest } from "../../../ports/archive.ts";
import type { Connection } from "../connection.ts";
import { type ConversationRow, nextPosition } from "./conversations.ts";

/** Where a turn stands. */
export interface Place {
  readonly owner: number;
  readonly conversation: ConversationRow;
  readonly position: number;
}

/** The place of a question that can be edited or answered anew, or null where there is none. */
export function questionAt(connection: Connection, owner: number, message: string): Place | null {
  const row = connection.get<{ position: number; number: number; id: string }>(
    `SELECT message.position, conversation.number, conversation.id FROM messages AS message
     JOIN conversations AS conversation ON conversation.number = message.conversation
     WHERE message.owner = ? AND message.id = ? AND message.role = 'user' AND message.reply IS NOT NULL
       AND message.superseded = 0 AND conversation.cleared_at IS NULL`,
    owner,
    message,
  );
  if (row === undefined) return null;
  return { owner, conversation: { number: row.number, id: row.id }, position: row.position };
}

/** How many replies to questions before `position` (absent: all) are owed. Superseded ones are as good as cancelled. */
export function openBefore(
  connection: Connection,
  { owner, conversation, position }: { owner: number; conversation: number; position?: number },
): number {
  const row = connection.get<{ open: number }>(
    `SELECT count(*) AS open FROM messages
     WHERE owner = ? AND conversation = ? AND position < ? AND status = 'queued' AND superseded = 0`,
    owner,
    conversation,
    position ?? Number.MAX_SAFE_INTEGER,
  );
  return row?.open ?? 0;
}

/** Stores the question at the conversation's next place. @returns that place */
export function insertQuestion(
  connection: Connection,
  owner: number,
  conversation: number,
  request: AcceptRequest,
): number {
  const position = nextPosition(connection, conversation);
  connection.run(
    `INSERT INTO messages (owner, conversation, position, slot, id, client_id, role, content, at, reply)
     VALUES (?, ?, ?, 0, ?, ?, 'user', ?, ?, ?)`,
    owner,
    conversation,
    position,
    request.message,
    request.clientId,
    request.content,
    request.at,
    request.reply,
  );
  return position;
}

/** Stores the reply that is owed behind its question. */
export function insertOpenReply(
  connection: Connection,
  { owner, conversation, position }: Place,
  request: AcceptRequest,
  question: string,
): void {
  connection.run(
    `INSERT INTO messages
       (owner, conversation, position, slot, id, role, content, at, question, kind, status, seq, epoch)
     VALUES (?, ?, ?, 1, ?, 'assistant', '', ?, ?, ?, 'queued', 0, 1)`,
    owner,
    conversation.number,
    position,
    request.reply,
    request.at,
    question,
    request.kind,
  );
}

/** Notes at the question that another reply is its latest. */
export function renameReply(connection: Connection, owner: number, question: string, reply: string): void {
  connection.run("UPDATE messages SET reply = ? WHERE owner = ? AND id = ?", reply, owner, question);
}

/** Marks all from a place on. @returns the replies among it that are owed, in the order of their questions */
export function supersede(
  connection: Connection,
  { owner, conversation, position }: Place,
  from: "from-question" | "after-question",
): string[] {
  const open = connection.all<{ id: string }>(
    `SELECT id FROM messages
     WHERE owner = ? AND conversation = ? AND position >= ? AND status = 'queued' AND superseded = 0
     ORDER BY position`,
    owner,
    conversation.number,
    position,
  );
  connection.run(
    `UPDATE messages SET superseded = 1
     WHERE conversation = ? AND superseded = 0 AND (position, slot) >= (?, ?)`,
    conversation.number,
    position,
    from === "from-question" ? 0 : 1,
  );
  return open.map(({ id }) => id);
}

/** The last message that stands, or null. */
export function lastMessage(connection: Connection, conversation: number): string | null {
  const row = connection.get<{ id: string }>(
    `SELECT id FROM messages WHERE conversation = ? AND superseded = 0
     ORDER BY position DESC, slot DESC LIMIT 1`,
    conversation,
  );
  return row?.id ?? null;
}
