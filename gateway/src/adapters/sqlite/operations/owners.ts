import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";

/** The number of a user of a tenant, or null where nothing of theirs was ever stored, or they are being erased. */
export function ownerOf(connection: Connection, { tenant, user }: Scope): number | null {
  const row = connection.get<{ number: number }>(
    `SELECT number FROM owners WHERE tenant = ?1 AND user = ?2 AND NOT EXISTS
       (SELECT 1 FROM erasures WHERE tenant = ?1 AND user = ?2 AND erased_at IS NULL)`,
    tenant,
    user,
  );
  return row?.number ?? null;
}

/** The number of a user of a tenant, also of one who is being erased. */
export function keptOwner(connection: Connection, { tenant, user }: Scope): number | null {
  const row = connection.get<{ number: number }>(
    "SELECT number FROM owners WHERE tenant = ? AND user = ?",
    tenant,
    user,
  );
  return row?.number ?? null;
}

/** Whether a user is being erased, or was at that time or later: what began before it is not written any more. */
export function erasedSince(connection: Connection, { tenant, user }: Scope, since: number): boolean {
  const row = connection.get<{ erased_at: number | null }>(
    "SELECT erased_at FROM erasures WHERE tenant = ? AND user = ?",
    tenant,
    user,
  );
  return row !== undefined && (row.erased_at === null || row.erased_at >= since);
}

/** The number of a user of a tenant, given now where there is none. */
export function ensureOwner(connection: Connection, scope: Scope): number {
  const known = ownerOf(connection, scope);
  if (known !== null) return known;
  const made = connection.get<{ number: number }>(
    "INSERT INTO owners (tenant, user) VALUES (?, ?) RETURNING number",
    scope.tenant,
    scope.user,
  );
  if (made === undefined) throw new Error("an owner was inserted and not returned");
  return made.number;
}

/** The next number of the owner's counter of changes, which orders their conversations without a clock. */
export function nextChange(connection: Connection, owner: number): number {
  const row = connection.get<{ changes: number }>(
    "UPDATE owners SET changes = changes + 1 WHERE number = ? RETURNING changes",
    owner,
  );
  if (row === undefined) throw new Error(`there is no owner ${owner}`);
  return row.changes;
}
