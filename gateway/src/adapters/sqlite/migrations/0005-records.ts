/**
 * Erasures of users, and what finds a conversation's messages, those that stand no more too, in the order they
 * were stored. The journal learns when its text came, so that what was left there by accident goes.
 */
export const recordsSchema = `
CREATE TABLE erasures (
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  erased_at INTEGER,
  counts TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_unfinished ON erasures (begun_at) WHERE erased_at IS NULL;
CREATE INDEX erasures_finished ON erasures (erased_at) WHERE erased_at IS NOT NULL;

CREATE INDEX messages_of_conversation ON messages (conversation);

ALTER TABLE journal ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_by_age ON journal (at);
`;
