import type { Erasure } from "../../../ports/records.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { keptOwner } from "./owners.ts";

interface ErasureRow {
  readonly id: string;
  readonly asked_by: string;
  readonly begun_at: number;
  readonly erased_at: number | null;
  readonly counts: string;
}

/** {@link UserRecords.erasure}. */
export function erasureOf(connection: Connection, { scope }: { scope: Scope }): Erasure | null {
  const row = connection.get<ErasureRow>(
    "SELECT id, asked_by, begun_at, erased_at, counts FROM erasures WHERE tenant = ? AND user = ?",
    scope.tenant,
    scope.user,
  );
  if (row === undefined) return null;
  return {
    id: row.id,
    by: row.asked_by,
    begunAt: row.begun_at,
    erasedAt: row.erased_at,
    counts: JSON.parse(row.counts) as Erasure["counts"],
  };
}

/** {@link UserRecords.begin}. */
export function beginErasure(
  connection: Connection,
  { scope, id, by, at }: { scope: Scope; id: string; by: string; at: number },
): Erasure {
  const known = erasureOf(connection, { scope });
  if (known !== null && (known.erasedAt === null || keptOwner(connection, scope) === null)) return known;
  connection.run(
    `INSERT INTO erasures (tenant, user, id, asked_by, begun_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant, user) DO UPDATE SET id = excluded.id, asked_by = excluded.asked_by,
       begun_at = excluded.begun_at, erased_at = NULL, counts = '{}'`,
    scope.tenant,
    scope.user,
    id,
    by,
    at,
  );
  return { id, by, begunAt: at, erasedAt: null, counts: {} };
}

/** What is deleted of a user, in this order; the second takes the number of the owner and a limit. */
const KINDS = [
  ["messages", "DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE owner = ? LIMIT ?)"],
  [
    "requests",
    `DELETE FROM acceptances WHERE owner = ?1
     AND client_id IN (SELECT client_id FROM acceptances WHERE owner = ?1 LIMIT ?2)`,
  ],
  [
    "conversations",
    `DELETE FROM conversations WHERE number IN (SELECT number FROM conversations WHERE owner = ? LIMIT ?)`,
  ],
] as const;

/** {@link UserRecords.purge}. */
export function purgeErased(
  connection: Connection,
  { scope, id, limit }: { scope: Scope; id: string; limit: number },
): boolean {
  const owner = keptOwner(connection, scope);
  if (!stands(connection, scope, id) || owner === null) return true;
  for (const [kind, sql] of KINDS) {
    const deleted = connection.run(sql, owner, limit);
    if (deleted === 0) continue;
    countErased(connection, { scope, id, counts: { [kind]: deleted } });
    return false;
  }
  connection.run("DELETE FROM owners WHERE number = ?", owner);
  return true;
}

/** {@link UserRecords.count}. */
export function countErased(
  connection: Connection,
  { scope, id, counts }: { scope: Scope; id: string; counts: Readonly<Record<string, number>> },
): void {
  const known = erasureOf(connection, { scope });
  if (known === null || known.id !== id || known.erasedAt !== null) return;
  const sum: Record<string, number> = { ...known.counts };
  for (const [kind, count] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + count;
  connection.run(
    "UPDATE erasures SET counts = ? WHERE tenant = ? AND user = ?",
    JSON.stringify(sum),
    scope.tenant,
    scope.user,
  );
}

/** {@link UserRecords.finish}. */
export function finishErasure(
  connection: Connection,
  { scope, id, at }: { scope: Scope; id: string; at: number },
): Erasure {
  if (stands(connection, scope, id)) {
    connection.run(
      "UPDATE erasures SET erased_at = ? WHERE tenant = ? AND user = ?",
      at,
      scope.tenant,
      scope.user,
    );
  }
  const erasure = erasureOf(connection, { scope });
  if (erasure === null) throw new Error(`there is no erasure ${id}`);
  return erasure;
}

/** {@link Records.unfinished}. */
export function unfinishedErasures(connection: Connection): readonly Scope[] {
  return connection.all<Scope>("SELECT tenant, user FROM erasures WHERE erased_at IS NULL ORDER BY begun_at");
}

/** {@link Records.tidy}. Every write is atomic here, so slow writers leave nothing. */
export function forgetErasures(connection: Connection, { before }: { before: number }): void {
  connection.run("DELETE FROM erasures WHERE erased_at IS NOT NULL AND erased_at < ?", before);
}

function stands(connection: Connection, scope: Scope, id: string): boolean {
  const known = erasureOf(connection, { scope });
  return known?.id === id && known.erasedAt === null;
}
