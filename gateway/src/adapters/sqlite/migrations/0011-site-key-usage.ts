/** Tokens that visitors of each site key used on each day: what is left of a day's budget, also after a restart. */
export const siteKeyUsageSchema = `
CREATE TABLE site_key_usage (
  tenant TEXT NOT NULL,
  site_key TEXT NOT NULL,
  day TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (tenant, site_key, day)
) STRICT, WITHOUT ROWID;
`;
