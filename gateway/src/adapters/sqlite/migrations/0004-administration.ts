/**
 * Revisions and tombstones of tenants, whose a site key's texts are or were, when keys were last used, the audit
 * log, and usage by day and model.
 */
export const administrationSchema = `
ALTER TABLE tenants ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tenants ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

CREATE TABLE site_key_texts (
  key TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO site_key_texts (key, tenant, id) SELECT key, tenant, id FROM site_keys;

CREATE TABLE key_uses (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  entry TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
  tenant TEXT NOT NULL,
  day TEXT NOT NULL,
  model TEXT NOT NULL,
  messages INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  cost REAL NOT NULL,
  cache_hits INTEGER NOT NULL,
  PRIMARY KEY (tenant, day, model)
) STRICT, WITHOUT ROWID;
`;
