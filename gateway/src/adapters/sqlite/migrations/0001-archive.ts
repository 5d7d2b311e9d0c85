/**
 * The archive. `owners` gives each user of each tenant a number, which every key of the others begins with,
 * or a conversation's number, which belongs to one owner. Foreign keys are not declared: their checks would read
 * all messages where a partial index cannot serve them.
 *
 * A question and its answer share a `position`; `slot` puts the answer (1) behind the question (0). An open
 * reply is its answer's row with status `queued`, so the partial indexes are all that a sweep reads.
 */
export const archiveSchema = `
CREATE TABLE owners (
  number INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  changes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, user)
) STRICT;

CREATE TABLE conversations (
  number INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL,
  id TEXT NOT NULL,
  last_position INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  has_messages INTEGER NOT NULL DEFAULT 0,
  cleared_at INTEGER,
  UNIQUE (owner, id)
) STRICT;
CREATE INDEX conversations_latest ON conversations (owner, changed) WHERE cleared_at IS NULL;
CREATE INDEX conversations_listed ON conversations (owner, changed)
  WHERE cleared_at IS NULL AND has_messages = 1;

CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  position INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  id TEXT NOT NULL,
  client_id TEXT,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  at INTEGER NOT NULL,
  superseded INTEGER NOT NULL DEFAULT 0,
  question TEXT,
  reply TEXT,
  kind TEXT,
  status TEXT,
  seq INTEGER,
  epoch INTEGER,
  model TEXT,
  usage TEXT,
  author TEXT,
  rating TEXT,
  rating_comment TEXT,
  rated_at INTEGER,
  UNIQUE (owner, id)
) STRICT;
CREATE UNIQUE INDEX messages_in_order ON messages (conversation, position, slot) WHERE superseded = 0;
CREATE INDEX messages_open ON messages (owner, conversation, position) WHERE status = 'queued';

CREATE TABLE acceptances (
  owner INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  conversation TEXT NOT NULL,
  message TEXT NOT NULL,
  reply TEXT NOT NULL,
  PRIMARY KEY (owner, client_id)
) STRICT, WITHOUT ROWID;
`;
