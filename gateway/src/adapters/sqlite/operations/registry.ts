import type {
  ApiKeyRecord,
  DeletedTenant,
  KeyUse,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantPage,
  TenantRecord,
} from "../../../ports/registry-store.ts";
import type { Connection } from "../connection.ts";

interface RecordRow {
  readonly record: string;
}

interface KeyRow extends RecordRow {
  readonly used: number | null;
}

const lastUse = (kind: KeyUse["kind"], table: string, id: string): string =>
  `(SELECT at FROM key_uses WHERE key_uses.tenant = ${table}.tenant AND kind = '${kind}' AND key_uses.id = ${table}.${id})`;
const SITE_KEYS = `SELECT record, ${lastUse("site-key", "site_keys", "id")} AS used FROM site_keys`;
const SIGNING_KEYS = `SELECT record, ${lastUse("signing-key", "signing_keys", "kid")} AS used FROM signing_keys`;
const API_KEYS = `SELECT record, ${lastUse("api-key", "api_keys", "id")} AS used FROM api_keys`;

/** {@link RegistryStore.version}. */
export function registryVersion(connection: Connection): number {
  return connection.get<{ version: number }>("SELECT version FROM registry")?.version ?? 0;
}

/** {@link RegistryStore.tenant}. */
export function tenant(connection: Connection, id: string): TenantRecord | null {
  const row = connection.get<RecordRow>("SELECT record FROM tenants WHERE id = ? AND deleted = 0", id);
  return row === undefined ? null : (JSON.parse(row.record) as TenantRecord);
}

/** {@link RegistryStore.tenants}. */
export function tenants(connection: Connection, page: { after?: string; limit: number }): TenantPage {
  const rows = connection.all<RecordRow>(
    "SELECT record FROM tenants WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?",
    page.after ?? "",
    page.limit + 1,
  );
  const found = rows.slice(0, page.limit).map(({ record }) => JSON.parse(record) as TenantRecord);
  return { tenants: found, next: rows.length > page.limit ? (found.at(-1)?.id ?? null) : null };
}

/** {@link RegistryStore.siteKey}. */
export function siteKey(connection: Connection, key: string): SiteKeyRecord | null {
  const row = connection.get<KeyRow>(
    `${SITE_KEYS} JOIN site_key_texts AS texts ON texts.tenant = site_keys.tenant AND texts.id = site_keys.id
     WHERE texts.key = ?`,
    key,
  );
  if (row === undefined) return null;
  const record = keyOf<SiteKeyRecord>(row);
  // Records made before there was such a list have none.
  const former: SiteKeyRecord["former"] | undefined = record.former;
  return record.key === key || former?.some((text) => text.key === key) ? record : null;
}

/** {@link RegistryStore.siteKeys}. */
export function siteKeys(connection: Connection, ofTenant: string): readonly SiteKeyRecord[] {
  const rows = connection.all<KeyRow>(`${SITE_KEYS} WHERE tenant = ? ORDER BY id`, ofTenant);
  return rows.map((row) => keyOf<SiteKeyRecord>(row));
}

/** {@link RegistryStore.signingKeys}. */
export function signingKeys(connection: Connection, ofTenant: string): readonly SigningKeyRecord[] {
  const rows = connection.all<KeyRow>(`${SIGNING_KEYS} WHERE tenant = ? ORDER BY kid`, ofTenant);
  return rows.map((row) => keyOf<SigningKeyRecord>(row));
}

/** {@link RegistryStore.apiKey}. */
export function apiKey(connection: Connection, hash: string): ApiKeyRecord | null {
  const row = connection.get<KeyRow>(`${API_KEYS} WHERE hash = ?`, hash);
  return row === undefined ? null : keyOf<ApiKeyRecord>(row);
}

/** {@link RegistryStore.apiKeys}. */
export function apiKeys(connection: Connection, ofTenant: string): readonly ApiKeyRecord[] {
  const rows = connection.all<KeyRow>(`${API_KEYS} WHERE tenant = ? ORDER BY id`, ofTenant);
  return rows.map((row) => keyOf<ApiKeyRecord>(row));
}

/** {@link RegistryStore.putTenant}. */
export function putTenant(
  connection: Connection,
  { record, replaces }: { record: TenantRecord; replaces: number | null },
): boolean {
  const stored = JSON.stringify(record);
  const changed =
    replaces === null
      ? connection.run(
          "INSERT INTO tenants (id, record, revision) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
          record.id,
          stored,
          record.revision,
        )
      : connection.run(
          "UPDATE tenants SET record = ?, revision = ? WHERE id = ? AND deleted = 0 AND revision = ?",
          stored,
          record.revision,
          record.id,
          replaces,
        );
  if (changed > 0) raiseVersion(connection);
  return changed > 0;
}

/** {@link RegistryStore.deleteTenant}. */
export function deleteTenant(
  connection: Connection,
  { id, revision, at }: { id: string; revision: number; at: number },
): boolean {
  const deleted = connection.run(
    `UPDATE tenants SET deleted = 1, deleted_at = ?, record = '{}'
     WHERE id = ? AND deleted = 0 AND revision = ?`,
    at,
    id,
    revision,
  );
  if (deleted === 0) return false;
  for (const table of ["site_keys", "signing_keys", "api_keys", "key_uses"]) {
    connection.run(`DELETE FROM ${table} WHERE tenant = ?`, id);
  }
  raiseVersion(connection);
  return true;
}

/** {@link RegistryStore.deletedTenants}. */
export function deletedTenants(connection: Connection): readonly DeletedTenant[] {
  return connection
    .all<{ id: string; deleted_at: number | null }>(
      "SELECT id, deleted_at FROM tenants WHERE deleted = 1 AND forgotten = 0 ORDER BY deleted_at",
    )
    .map(({ id, deleted_at: deletedAt }) => ({ id, deletedAt: deletedAt ?? 0 }));
}

/** {@link RegistryStore.forgotten}. */
export function tenantForgotten(connection: Connection, id: string): void {
  connection.run("UPDATE tenants SET forgotten = 1 WHERE id = ? AND deleted = 1", id);
}

/** {@link RegistryStore.putSiteKey}. */
export function putSiteKey(
  connection: Connection,
  { record, replaces }: { record: SiteKeyRecord; replaces: number | null },
): boolean {
  if (replaces !== null && replaces !== siteKeyRevision(connection, record)) return false;
  const owner = connection.get<{ tenant: string; id: string }>(
    "SELECT tenant, id FROM site_key_texts WHERE key = ?",
    record.key,
  );
  if (owner?.tenant !== record.tenant || owner.id !== record.id) {
    // Breaks the constraint where the text is, or was, another's.
    connection.run(
      "INSERT INTO site_key_texts (key, tenant, id) VALUES (?, ?, ?)",
      record.key,
      record.tenant,
      record.id,
    );
  }
  connection.run(
    `INSERT INTO site_keys (tenant, id, key, record) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET key = excluded.key, record = excluded.record`,
    record.tenant,
    record.id,
    record.key,
    JSON.stringify(record),
  );
  raiseVersion(connection);
  return true;
}

/** Null where there is no such key. */
function siteKeyRevision(connection: Connection, { tenant: ofTenant, id }: SiteKeyRecord): number | null {
  const row = connection.get<RecordRow>(
    "SELECT record FROM site_keys WHERE tenant = ? AND id = ?",
    ofTenant,
    id,
  );
  if (row === undefined) return null;
  return (JSON.parse(row.record) as Partial<SiteKeyRecord>).revision ?? 1;
}

/** {@link RegistryStore.putSigningKey}. */
export function putSigningKey(connection: Connection, record: SigningKeyRecord): void {
  connection.run(
    `INSERT INTO signing_keys (tenant, kid, record) VALUES (?, ?, ?)
     ON CONFLICT (tenant, kid) DO UPDATE SET record = excluded.record`,
    record.tenant,
    record.kid,
    JSON.stringify(record),
  );
  raiseVersion(connection);
}

/** {@link RegistryStore.replaceSigningKey}. */
export function replaceSigningKey(connection: Connection, record: SigningKeyRecord): boolean {
  const replaced = connection.run(
    "UPDATE signing_keys SET record = ? WHERE tenant = ? AND kid = ?",
    JSON.stringify(record),
    record.tenant,
    record.kid,
  );
  if (replaced > 0) raiseVersion(connection);
  return replaced > 0;
}

/** {@link RegistryStore.putApiKey}. */
export function putApiKey(connection: Connection, record: ApiKeyRecord): void {
  connection.run(
    `INSERT INTO api_keys (tenant, id, hash, record) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET hash = excluded.hash, record = excluded.record`,
    record.tenant,
    record.id,
    record.hash,
    JSON.stringify(record),
  );
  raiseVersion(connection);
}

const KEY_TABLES = {
  "site-key": { table: "site_keys", id: "id" },
  "signing-key": { table: "signing_keys", id: "kid" },
  "api-key": { table: "api_keys", id: "id" },
} as const;

/** {@link RegistryStore.deleteSiteKey} and its siblings. */
export function deleteKey(
  connection: Connection,
  { kind, tenant: ofTenant, id }: Omit<KeyUse, "at">,
): boolean {
  const { table, id: column } = KEY_TABLES[kind];
  const deleted = connection.run(`DELETE FROM ${table} WHERE tenant = ? AND ${column} = ?`, ofTenant, id);
  if (deleted === 0) return false;
  connection.run("DELETE FROM key_uses WHERE tenant = ? AND kind = ? AND id = ?", ofTenant, kind, id);
  raiseVersion(connection);
  return true;
}

/** {@link RegistryStore.used}. */
export function keysUsed(connection: Connection, uses: readonly KeyUse[]): void {
  for (const { kind, tenant: ofTenant, id, at } of uses) {
    const { table, id: column } = KEY_TABLES[kind];
    connection.run(
      `INSERT INTO key_uses (tenant, kind, id, at)
       SELECT tenant, ?, ${column}, ? FROM ${table} WHERE tenant = ? AND ${column} = ?
       ON CONFLICT (tenant, kind, id) DO UPDATE SET at = max(at, excluded.at)`,
      kind,
      at,
      ofTenant,
      id,
    );
  }
}

function keyOf<Kept>({ record, used }: KeyRow): Kept {
  const kept = JSON.parse(record) as Kept;
  return used === null ? kept : { ...kept, lastUsedAt: used };
}

function raiseVersion(connection: Connection): void {
  connection.run("UPDATE registry SET version = version + 1");
}
