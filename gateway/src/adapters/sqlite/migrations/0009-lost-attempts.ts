/** What attempts at replies asked of a model, and what of it was lost with the instance that made them. */
export const lostAttemptsSchema = `
ALTER TABLE usage ADD COLUMN wasted_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN wasted_cost REAL NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN model TEXT;
ALTER TABLE journal ADD COLUMN input_tokens INTEGER;
`;
