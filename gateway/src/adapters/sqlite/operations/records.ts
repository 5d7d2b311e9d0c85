import type { KeptConversation, KeptMessage, RecordsFound, RecordsPage } from "../../../ports/records.ts";
import type { Scope, TenantId, UserId } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { MESSAGE_COLUMNS, type MessageRow, toMessage } from "./messages.ts";
import { keptOwner } from "./owners.ts";

/** {@link UserRecords.conversations}. */
export function keptConversations(
  connection: Connection,
  { scope, after = "", limit }: RecordsPage & { scope: Scope },
): RecordsFound<KeptConversation> {
  const owner = keptOwner(connection, scope);
  if (owner === null) return { records: [], next: null };
  const rows = connection.all<{ id: string; changed_at: number; cleared_at: number | null }>(
    `SELECT id, changed_at, cleared_at FROM conversations WHERE owner = ? AND id > ? ORDER BY id LIMIT ?`,
    owner,
    after,
    limit,
  );
  return {
    records: rows.map(({ id, changed_at: changedAt, cleared_at: clearedAt }) => ({
      id,
      changedAt,
      ...(clearedAt === null ? {} : { clearedAt }),
    })),
    next: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
  };
}

interface KeptRow extends MessageRow {
  readonly number: number;
  readonly superseded: 0 | 1;
  readonly rating_comment: string | null;
  readonly rated_at: number | null;
}

/** {@link UserRecords.messages}, in the order they were stored. */
export function keptMessages(
  connection: Connection,
  { scope, conversation, after = "0", limit }: RecordsPage & { scope: Scope; conversation: string },
): RecordsFound<KeptMessage> {
  const owner = keptOwner(connection, scope);
  if (owner === null) return { records: [], next: null };
  const rows = connection.all<KeptRow>(
    `SELECT number, superseded, rating_comment, rated_at, ${MESSAGE_COLUMNS} FROM messages
     WHERE conversation = (SELECT number FROM conversations WHERE owner = ? AND id = ?) AND number > ?
     ORDER BY number LIMIT ?`,
    owner,
    conversation,
    Number(after),
    limit,
  );
  return {
    records: rows.map((row) => ({
      ...toMessage(row),
      ...(row.superseded === 0 ? {} : { superseded: true as const }),
      ...(row.rating_comment === null ? {} : { ratingComment: row.rating_comment }),
      ...(row.rated_at === null ? {} : { ratedAt: row.rated_at }),
    })),
    next: rows.length < limit ? null : String(rows.at(-1)?.number ?? ""),
  };
}

/** {@link UserRecords.openReplies}. */
export function keptOpenReplies(connection: Connection, { scope }: { scope: Scope }): readonly string[] {
  const owner = keptOwner(connection, scope);
  if (owner === null) return [];
  return connection
    .all<{ id: string }>("SELECT id FROM messages WHERE owner = ? AND status = 'queued'", owner)
    .map(({ id }) => id);
}

/** {@link Records.users}. */
export function keptUsers(
  connection: Connection,
  { tenant, after = "", limit }: RecordsPage & { tenant: TenantId },
): RecordsFound<UserId> {
  const rows = connection.all<{ user: UserId }>(
    "SELECT user FROM owners WHERE tenant = ? AND user > ? ORDER BY user LIMIT ?",
    tenant,
    after,
    limit,
  );
  return {
    records: rows.map(({ user }) => user),
    next: rows.length < limit ? null : (rows.at(-1)?.user ?? null),
  };
}
