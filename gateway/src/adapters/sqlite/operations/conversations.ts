import type { ConversationPage, ConversationSummary } from "../../../ports/archive.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { ensureOwner, erasedSince, nextChange, ownerOf } from "./owners.ts";

const TITLE_CHARACTERS = 80;
const PREVIEW_CHARACTERS = 120;
/** Conversations of which is said that they were cleared lately. */
const CLEARED_KNOWN = 10;
const CURSOR = /^[0-9a-z]{1,10}$/;

/** A conversation's row, as far as other operations need it. */
export interface ConversationRow {
  readonly number: number;
  readonly id: string;
}

/** A conversation that was not cleared. */
export function liveConversation(
  connection: Connection,
  owner: number,
  id: string,
): ConversationRow | undefined {
  return connection.get<ConversationRow>(
    "SELECT number, id FROM conversations WHERE owner = ? AND id = ? AND cleared_at IS NULL",
    owner,
    id,
  );
}

/** The conversation that changed last, of those not cleared. */
export function latestOf(connection: Connection, owner: number): ConversationRow | undefined {
  return connection.get<ConversationRow>(
    `SELECT number, id FROM conversations WHERE owner = ? AND cleared_at IS NULL
     ORDER BY changed DESC LIMIT 1`,
    owner,
  );
}

/** Inserts an empty conversation. */
export function insertConversation(
  connection: Connection,
  owner: number,
  id: string,
  at: number,
): ConversationRow {
  const row = connection.get<ConversationRow>(
    "INSERT INTO conversations (owner, id, changed, changed_at) VALUES (?, ?, ?, ?) RETURNING number, id",
    owner,
    id,
    nextChange(connection, owner),
    at,
  );
  if (row === undefined) throw new Error("a conversation was inserted and not returned");
  return row;
}

/** Gives the conversation's next place. */
export function nextPosition(connection: Connection, conversation: number): number {
  const row = connection.get<{ last_position: number }>(
    `UPDATE conversations SET last_position = last_position + 1, has_messages = 1
     WHERE number = ? RETURNING last_position`,
    conversation,
  );
  if (row === undefined) throw new Error(`there is no conversation ${conversation}`);
  return row.last_position;
}

/** Makes the conversation the owner's latest. */
export function touchConversation(
  connection: Connection,
  owner: number,
  conversation: number,
  at: number,
): void {
  connection.run(
    "UPDATE conversations SET changed = ?, changed_at = ? WHERE number = ?",
    nextChange(connection, owner),
    at,
    conversation,
  );
}

/** {@link UserArchive.createConversation}. */
export function createConversation(
  connection: Connection,
  input: { scope: Scope; conversation: string; at: number },
): void {
  if (erasedSince(connection, input.scope, input.at)) return;
  const owner = ensureOwner(connection, input.scope);
  const known = connection.get(
    "SELECT 1 FROM conversations WHERE owner = ? AND id = ?",
    owner,
    input.conversation,
  );
  if (known === undefined) insertConversation(connection, owner, input.conversation, input.at);
}

/** {@link UserArchive.latestConversation}. */
export function latestConversation(connection: Connection, input: { scope: Scope }): string | null {
  const owner = ownerOf(connection, input.scope);
  return owner === null ? null : (latestOf(connection, owner)?.id ?? null);
}

/** {@link UserArchive.conversationOf}. */
export function conversationOf(
  connection: Connection,
  input: { scope: Scope; message: string },
): string | null {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return null;
  const row = connection.get<{ id: string }>(
    `SELECT conversation.id FROM messages AS message
     JOIN conversations AS conversation ON conversation.number = message.conversation
     WHERE message.owner = ? AND message.id = ? AND message.superseded = 0 AND conversation.cleared_at IS NULL`,
    owner,
    input.message,
  );
  return row?.id ?? null;
}

/** {@link UserArchive.clear}. */
export function clear(
  connection: Connection,
  input: { scope: Scope; conversation: string; at: number },
): boolean {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return false;
  const cleared = connection.run(
    "UPDATE conversations SET cleared_at = ? WHERE owner = ? AND id = ? AND cleared_at IS NULL",
    input.at,
    owner,
    input.conversation,
  );
  return cleared > 0;
}

/** {@link UserArchive.clearedSince}. */
export function clearedSince(connection: Connection, input: { scope: Scope; at: number }): string[] {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return [];
  const rows = connection.all<{ id: string }>(
    "SELECT id FROM conversations WHERE owner = ? AND cleared_at >= ? ORDER BY cleared_at DESC LIMIT ?",
    owner,
    input.at,
    CLEARED_KNOWN,
  );
  return rows.map(({ id }) => id);
}

/** A conversation in a list. */
export interface ListedRow extends ConversationRow {
  readonly changed: number;
  readonly changed_at: number;
}

/** {@link UserArchive.conversations}. The cursor is the place of a page's last conversation in the counter of changes. */
export function conversations(
  connection: Connection,
  input: { scope: Scope; before?: string; limit: number },
): ConversationPage {
  const { scope, before, limit } = input;
  const owner = ownerOf(connection, scope);
  if (owner === null || (before !== undefined && !CURSOR.test(before)))
    return { conversations: [], next: null };
  const rows = connection.all<ListedRow>(
    `SELECT number, id, changed, changed_at FROM conversations
     WHERE owner = ? AND cleared_at IS NULL AND has_messages = 1 AND changed < ?
     ORDER BY changed DESC LIMIT ?`,
    owner,
    before === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(before, 36),
    limit + 1,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    conversations: page.map((row) => summary(connection, row)),
    next: rows.length > limit && last !== undefined ? last.changed.toString(36) : null,
  };
}

/** What a list says of a conversation. */
export function summary(connection: Connection, row: ListedRow): ConversationSummary {
  return {
    id: row.id,
    title: head(
      connection,
      `SELECT substr(CAST(content AS BLOB), 1, ?) AS head FROM messages
       WHERE conversation = ? AND superseded = 0 AND role = 'user' ORDER BY position, slot LIMIT 1`,
      row.number,
      TITLE_CHARACTERS,
    ),
    at: row.changed_at,
    preview: head(
      connection,
      `SELECT substr(CAST(content AS BLOB), 1, ?) AS head FROM messages
       WHERE conversation = ? AND superseded = 0 AND content <> ''
       ORDER BY position DESC, slot DESC LIMIT 1`,
      row.number,
      PREVIEW_CHARACTERS,
    ),
  };
}

/** The first characters of a text, which is cut as bytes because SQLite's own functions end at a NUL. */
function head(connection: Connection, sql: string, conversation: number, characters: number): string {
  const row = connection.get<{ head: Uint8Array }>(sql, characters * 4, conversation);
  if (row === undefined) return "";
  let text = "";
  let count = 0;
  for (const character of new TextDecoder().decode(row.head)) {
    if (count++ === characters) break;
    text += character;
  }
  return text;
}
