import type { Author, EndReason, Usage } from "@parlance/protocol";
import type { ArchivedMessage, MessagePage } from "../../../ports/archive.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { liveConversation, nextPosition, touchConversation } from "./conversations.ts";
import { ownerOf } from "./owners.ts";

/** What {@link toMessage} needs of a message. */
export const MESSAGE_COLUMNS =
  "id, client_id, role, position, content, at, question, author, rating, status, model, usage";
const MESSAGE = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation = ? AND superseded = 0`;
const LATEST_FIRST = "ORDER BY position DESC, slot DESC LIMIT ?";

/** A message's row, by {@link MESSAGE_COLUMNS}. */
export interface MessageRow {
  readonly id: string;
  readonly client_id: string | null;
  readonly role: ArchivedMessage["role"];
  readonly position: number;
  readonly content: string;
  readonly at: number;
  readonly question: string | null;
  readonly author: string | null;
  readonly rating: "up" | "down" | null;
  readonly status: "queued" | EndReason | null;
  readonly model: string | null;
  readonly usage: string | null;
}

interface Place {
  readonly conversation: number | null;
  readonly position: number;
  readonly slot: number;
}

interface PageOfConversation {
  /** Numbers. */
  readonly owner: number;
  readonly conversation: number;
  readonly before?: string;
  readonly limit: number;
}

/** Behind every message of any conversation. */
const END: Place = { conversation: null, position: Number.MAX_SAFE_INTEGER, slot: 0 };

/** {@link UserArchive.messages}. */
export function messages(
  connection: Connection,
  input: { scope: Scope; conversation: string; before?: string; limit: number },
): MessagePage | null {
  const owner = ownerOf(connection, input.scope);
  const conversation = owner === null ? undefined : liveConversation(connection, owner, input.conversation);
  if (owner === null || conversation === undefined) return null;
  return messagesOf(connection, { ...input, owner, conversation: conversation.number });
}

/** A page of a conversation, named by its number. */
export function messagesOf(
  connection: Connection,
  { owner, conversation, before, limit }: PageOfConversation,
): MessagePage {
  const end = before === undefined ? END : placeOf(connection, owner, before);
  if (end === undefined || (end !== END && end.conversation !== conversation)) {
    return { messages: [], more: false };
  }
  const rows = connection.all<MessageRow>(
    `${MESSAGE} AND (position, slot) < (?, ?) ${LATEST_FIRST}`,
    conversation,
    end.position,
    end.slot,
    limit + 1,
  );
  return { messages: rows.slice(0, limit).reverse().map(toMessage), more: rows.length > limit };
}

/** {@link UserArchive.context}. */
export function context(
  connection: Connection,
  input: { scope: Scope; conversation: string; position: number; limit: number },
): readonly ArchivedMessage[] {
  const owner = ownerOf(connection, input.scope);
  const conversation = owner === null ? undefined : liveConversation(connection, owner, input.conversation);
  if (conversation === undefined) return [];
  const rows = connection.all<MessageRow>(
    `${MESSAGE} AND position < ? AND status IS NOT 'queued' ${LATEST_FIRST}`,
    conversation.number,
    input.position,
    input.limit,
  );
  return rows.reverse().map(toMessage);
}

/** {@link UserArchive.rate}. */
export function rate(
  connection: Connection,
  input: {
    scope: Scope;
    message: string;
    rating: "up" | "down" | null;
    comment: string | undefined;
    at: number;
  },
): boolean {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return false;
  const rated = connection.run(
    `UPDATE messages SET rating = ?, rating_comment = ?, rated_at = ?
     WHERE owner = ? AND id = ? AND role = 'assistant' AND superseded = 0
       AND (SELECT cleared_at FROM conversations WHERE number = messages.conversation) IS NULL`,
    input.rating,
    input.rating === null ? null : (input.comment ?? null),
    input.at,
    owner,
    input.message,
  );
  return rated > 0;
}

/** {@link UserArchive.push}, with a missing conversation told apart. */
export function push(
  connection: Connection,
  {
    scope,
    conversation,
    message,
  }: { scope: Scope; conversation: string; message: Omit<ArchivedMessage, "position"> },
): "pushed" | "duplicate" | "not-found" {
  const owner = ownerOf(connection, scope);
  if (owner === null) return "not-found";
  if (placeOf(connection, owner, message.id) !== undefined) return "duplicate";
  const target = liveConversation(connection, owner, conversation);
  if (target === undefined) return "not-found";
  connection.run(
    `INSERT INTO messages (owner, conversation, position, slot, id, role, content, at, author)
     VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)`,
    owner,
    target.number,
    nextPosition(connection, target.number),
    message.id,
    message.role,
    message.content,
    message.at,
    message.author === undefined ? null : JSON.stringify(message.author),
  );
  touchConversation(connection, owner, target.number, message.at);
  return "pushed";
}

function placeOf(connection: Connection, owner: number, message: string): Place | undefined {
  return connection.get<Place>(
    "SELECT conversation, position, slot FROM messages WHERE owner = ? AND id = ?",
    owner,
    message,
  );
}

/** A row as a message. */
export function toMessage(row: MessageRow): ArchivedMessage {
  return {
    id: row.id,
    ...(row.client_id === null ? {} : { clientId: row.client_id }),
    role: row.role,
    position: row.position,
    content: row.content,
    at: row.at,
    ...(row.question === null ? {} : { to: row.question }),
    ...(row.author === null ? {} : { author: JSON.parse(row.author) as Author }),
    ...(row.rating === null ? {} : { rating: row.rating }),
    ...(row.status === null || row.status === "stop" ? {} : { status: row.status }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.usage === null ? {} : { usage: JSON.parse(row.usage) as Usage }),
  };
}
