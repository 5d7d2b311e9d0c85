import type { ExpiredBatch, Expiry } from "../../../ports/records.ts";
import type { TenantId, UserId } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";

interface LookedAt {
  readonly owner: number;
  readonly user: UserId;
  readonly number: number;
  readonly id: string;
  readonly changed_at: number;
}

/** {@link Records.expire}. The cursor is the user and conversation looked at last. */
export function expire(
  connection: Connection,
  { tenant, before, after, limit }: Expiry & { tenant: TenantId },
): ExpiredBatch {
  const [user, conversation] = after === undefined ? ["", ""] : (JSON.parse(after) as [string, string]);
  const rows = connection.all<LookedAt>(
    `SELECT owner.number AS owner, owner.user, conversation.number, conversation.id, conversation.changed_at
     FROM owners AS owner CROSS JOIN conversations AS conversation ON conversation.owner = owner.number
     WHERE owner.tenant = ?1 AND owner.user >= ?2 AND (owner.user > ?2 OR conversation.id > ?3)
       AND NOT EXISTS
         (SELECT 1 FROM erasures WHERE tenant = owner.tenant AND user = owner.user AND erased_at IS NULL)
     ORDER BY owner.user, conversation.id LIMIT ?4`,
    tenant,
    user,
    conversation,
    limit,
  );
  const conversations: ExpiredBatch["conversations"][number][] = [];
  let messages = 0;
  for (const row of rows) {
    const deleted = expireIn(connection, row, before);
    if (deleted === null) continue;
    messages += deleted;
    conversations.push({ tenant, user: row.user, conversation: row.id });
  }
  for (const owner of new Set(rows.map((row) => row.owner))) forgetIdle(connection, owner);
  const last = rows.at(-1);
  const whole = rows.length < limit || last === undefined;
  return { conversations, messages, next: whole ? null : JSON.stringify([last.user, last.id]) };
}

/** Deletes what is too old in a conversation. @returns how many messages, or null where nothing went */
function expireIn(connection: Connection, { owner, number, id, changed_at }: LookedAt, before: number) {
  // The oldest is nearly always the one that was stored first: one look tells that nothing is due.
  const oldest = connection.get<{ at: number }>(
    "SELECT at FROM messages WHERE conversation = ? ORDER BY number LIMIT 1",
    number,
  );
  if (oldest !== undefined && oldest.at >= before) return null;
  const staying = connection.get<{ position: number | null }>(
    "SELECT min(position) AS position FROM messages WHERE conversation = ? AND (at >= ? OR status = 'queued')",
    number,
    before,
  );
  const end = staying?.position ?? Number.MAX_SAFE_INTEGER;
  connection.run(
    `DELETE FROM acceptances WHERE owner = ? AND conversation = ? AND message IN
       (SELECT id FROM messages WHERE conversation = ? AND position < ?)`,
    owner,
    id,
    number,
    end,
  );
  const deleted = connection.run("DELETE FROM messages WHERE conversation = ? AND position < ?", number, end);
  if (end === Number.MAX_SAFE_INTEGER && changed_at < before) {
    connection.run("DELETE FROM conversations WHERE number = ?", number);
    return deleted;
  }
  return deleted === 0 ? null : deleted;
}

/** A user of whom nothing is left is forgotten. */
function forgetIdle(connection: Connection, owner: number): void {
  connection.run(
    `DELETE FROM owners WHERE number = ?1
       AND NOT EXISTS (SELECT 1 FROM conversations WHERE owner = ?1)
       AND NOT EXISTS (SELECT 1 FROM acceptances WHERE owner = ?1)`,
    owner,
  );
}
