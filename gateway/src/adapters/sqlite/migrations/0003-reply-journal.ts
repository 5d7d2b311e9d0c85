/** Text of running replies in the pieces it was appended in, so that an append costs what it brings. */
export const replyJournalSchema = `
CREATE TABLE journal (
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  reply TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (tenant, user, reply, epoch, seq)
) STRICT, WITHOUT ROWID;
`;
