/**
 * The number of an owner or a conversation is never given again: if ever a row were left behind that names one, it
 * must not become somebody else's.
 */
export const numbersOnceSchema = `
DROP TRIGGER conversations_tenant;

CREATE TABLE owners_once (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  changes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, user)
) STRICT;
INSERT INTO owners_once (number, tenant, user, changes) SELECT number, tenant, user, changes FROM owners;
DROP TABLE owners;
ALTER TABLE owners_once RENAME TO owners;

CREATE TABLE conversations_once (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL,
  id TEXT NOT NULL,
  last_position INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  has_messages INTEGER NOT NULL DEFAULT 0,
  cleared_at INTEGER,
  tenant TEXT,
  UNIQUE (owner, id)
) STRICT;
INSERT INTO conversations_once
  (number, owner, id, last_position, changed, changed_at, has_messages, cleared_at, tenant)
  SELECT number, owner, id, last_position, changed, changed_at, has_messages, cleared_at, tenant FROM conversations;
DROP TABLE conversations;
ALTER TABLE conversations_once RENAME TO conversations;

CREATE INDEX conversations_latest ON conversations (owner, changed) WHERE cleared_at IS NULL;
CREATE INDEX conversations_listed ON conversations (owner, changed)
  WHERE cleared_at IS NULL AND has_messages = 1;
CREATE INDEX conversations_of_tenant ON conversations (tenant, changed_at, number)
  WHERE cleared_at IS NULL AND has_messages = 1;
CREATE INDEX conversations_by_id ON conversations (tenant, id);
CREATE TRIGGER conversations_tenant AFTER INSERT ON conversations BEGIN
  UPDATE conversations SET tenant = (SELECT tenant FROM owners WHERE owners.number = NEW.owner)
  WHERE number = NEW.number;
END;
`;
