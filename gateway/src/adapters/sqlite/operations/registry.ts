import type {
  ApiKeyRecord,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../../../ports/registry-store.ts";
import type { Connection } from "../connection.ts";

interface RecordRow {
  readonly record: string;
}

/** {@link RegistryStore.version}. */
export function registryVersion(connection: Connection): number {
  return connection.get<{ version: number }>("SELECT version FROM registry")?.version ?? 0;
}

/** {@link RegistryStore.tenant}. */
export function tenant(connection: Connection, id: string): TenantRecord | null {
  return first<TenantRecord>(connection, "SELECT record FROM tenants WHERE id = ?", id);
}

/** {@link RegistryStore.siteKey}. */
export function siteKey(connection: Connection, key: string): SiteKeyRecord | null {
  return first<SiteKeyRecord>(connection, "SELECT record FROM site_keys WHERE key = ?", key);
}

/** {@link RegistryStore.signingKeys}. */
export function signingKeys(connection: Connection, ofTenant: string): readonly SigningKeyRecord[] {
  const rows = connection.all<RecordRow>(
    "SELECT record FROM signing_keys WHERE tenant = ? ORDER BY kid",
    ofTenant,
  );
  return rows.map(({ record }) => JSON.parse(record) as SigningKeyRecord);
}

/** {@link RegistryStore.apiKey}. */
export function apiKey(connection: Connection, hash: string): ApiKeyRecord | null {
  return first<ApiKeyRecord>(connection, "SELECT record FROM api_keys WHERE hash = ?", hash);
}

/** {@link RegistryStore.putTenant}. */
export function putTenant(connection: Connection, record: TenantRecord): void {
  connection.run(
    `INSERT INTO tenants (id, record) VALUES (?, ?)
     ON CONFLICT (id) DO UPDATE SET record = excluded.record`,
    record.id,
    JSON.stringify(record),
  );
  raiseVersion(connection);
}

/** {@link RegistryStore.putSiteKey}. */
export function putSiteKey(connection: Connection, record: SiteKeyRecord): void {
  connection.run(
    `INSERT INTO site_keys (tenant, id, key, record) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET key = excluded.key, record = excluded.record`,
    record.tenant,
    record.id,
    record.key,
    JSON.stringify(record),
  );
  raiseVersion(connection);
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

function first<Kept>(connection: Connection, sql: string, key: string): Kept | null {
  const row = connection.get<RecordRow>(sql, key);
  return row === undefined ? null : (JSON.parse(row.record) as Kept);
}

function raiseVersion(connection: Connection): void {
  connection.run("UPDATE registry SET version = version + 1");
}
