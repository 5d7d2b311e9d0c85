/** Deleted tenants stay known until nothing of their users is kept any more; their ids stay taken after that. */
export const deletedTenantsSchema = `
ALTER TABLE tenants ADD COLUMN deleted_at INTEGER;
ALTER TABLE tenants ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tenants_deleted ON tenants (deleted_at) WHERE deleted = 1 AND forgotten = 0;
`;
