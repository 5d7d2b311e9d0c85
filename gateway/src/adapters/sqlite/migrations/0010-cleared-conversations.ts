/** What users cleared stays in their tenant's list. */
export const clearedConversationsSchema = `
DROP INDEX conversations_of_tenant;
CREATE INDEX conversations_of_tenant ON conversations (tenant, changed_at, number) WHERE has_messages = 1;
`;
