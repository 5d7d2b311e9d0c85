import type { VisitorFamily } from "../../../ports/visitor-families.ts";
import type { Connection } from "../connection.ts";

/** {@link TenantVisitorFamilies.get}. */
export function visitorFamily(
  connection: Connection,
  { tenant, visitor }: { tenant: string; visitor: string },
): VisitorFamily | null {
  const row = connection.get<{ family: string }>(
    "SELECT family FROM visitor_families WHERE tenant = ? AND visitor = ?",
    tenant,
    visitor,
  );
  return row === undefined ? null : (JSON.parse(row.family) as VisitorFamily);
}

/** {@link TenantVisitorFamilies.put}. */
export function putVisitorFamily(
  connection: Connection,
  { tenant, visitor, family }: { tenant: string; visitor: string; family: VisitorFamily },
): boolean {
  const { revision, expiresAt } = family;
  const text = JSON.stringify(family);
  const changed =
    revision === 1
      ? connection.run(
          `INSERT INTO visitor_families (tenant, visitor, revision, expires_at, family)
           VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, visitor) DO NOTHING`,
          tenant,
          visitor,
          revision,
          expiresAt,
          text,
        )
      : connection.run(
          `UPDATE visitor_families SET revision = ?, expires_at = ?, family = ?
           WHERE tenant = ? AND visitor = ? AND revision = ?`,
          revision,
          expiresAt,
          text,
          tenant,
          visitor,
          revision - 1,
        );
  return changed > 0;
}

/** {@link VisitorFamilies.forgetExpired}. */
export function forgetVisitorFamilies(
  connection: Connection,
  { before, limit }: { before: number; limit: number },
): number {
  return connection.run(
    `DELETE FROM visitor_families WHERE rowid IN
       (SELECT rowid FROM visitor_families WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
    before,
    limit,
  );
}

/** {@link TenantVisitorFamilies.forget}. */
export function forgetTenantsFamilies(
  connection: Connection,
  { tenant, limit }: { tenant: string; limit: number },
): number {
  return connection.run(
    `DELETE FROM visitor_families WHERE rowid IN (SELECT rowid FROM visitor_families WHERE tenant = ? LIMIT ?)`,
    tenant,
    limit,
  );
}
