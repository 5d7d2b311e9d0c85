import type { Scope, UserId } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { ensureOwner, erasedSince, nextChange, ownerOf } from "./owners.ts";

const NOTHING_USED = JSON.stringify({ inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 });

/**
 * {@link UserArchive.adopt}: rows change their owner. Of a client's id that both have used, the user's own stands.
 */
export function adopt(
  connection: Connection,
  { scope, visitor, at }: { scope: Scope; visitor: UserId; at: number },
): readonly string[] {
  const from = ownerOf(connection, { tenant: scope.tenant, user: visitor });
  if (from === null || visitor === scope.user || erasedSince(connection, scope, at)) return [];
  const owner = ensureOwner(connection, scope);
  connection.run(
    `UPDATE messages SET status = 'interrupted', model = '', usage = ?, at = ?
     WHERE owner = ? AND status = 'queued'`,
    NOTHING_USED,
    at,
    from,
  );
  const conversations = connection.all<{ number: number; id: string; cleared_at: number | null }>(
    "SELECT number, id, cleared_at FROM conversations WHERE owner = ? ORDER BY changed",
    from,
  );
  for (const { number } of conversations) {
    connection.run(
      "UPDATE conversations SET owner = ?, changed = ? WHERE number = ?",
      owner,
      nextChange(connection, owner),
      number,
    );
  }
  connection.run("UPDATE messages SET owner = ? WHERE owner = ?", owner, from);
  connection.run("UPDATE OR IGNORE acceptances SET owner = ? WHERE owner = ?", owner, from);
  connection.run("DELETE FROM acceptances WHERE owner = ?", from);
  connection.run("DELETE FROM owners WHERE number = ?", from);
  connection.run("DELETE FROM journal WHERE tenant = ? AND user = ?", scope.tenant, visitor);
  return conversations.filter(({ cleared_at }) => cleared_at === null).map(({ id }) => id);
}
