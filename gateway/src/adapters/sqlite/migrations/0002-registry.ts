/** Tenants and keys as JSON records under the keys they are looked up by, and a version that every write raises. */
export const registrySchema = `
CREATE TABLE registry (version INTEGER NOT NULL) STRICT;
INSERT INTO registry (version) VALUES (0);

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE site_keys (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE signing_keys (
  tenant TEXT NOT NULL,
  kid TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (tenant, kid)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;
`;
