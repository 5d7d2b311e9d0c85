/** What became of the tokens that were given to anonymous visitors, so that a copied one is found out. */
export const visitorFamiliesSchema = `
CREATE TABLE visitor_families (
  tenant TEXT NOT NULL,
  visitor TEXT NOT NULL,
  revision INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  family TEXT NOT NULL,
  PRIMARY KEY (tenant, visitor)
) STRICT;
CREATE INDEX visitor_families_by_end ON visitor_families (expires_at);
`;
