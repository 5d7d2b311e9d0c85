/** Conversations know their tenant, so that a tenant's latest are found without reading anybody else's. */
export const tenantConversationsSchema = `
ALTER TABLE conversations ADD COLUMN tenant TEXT;
UPDATE conversations SET tenant = (SELECT tenant FROM owners WHERE owners.number = conversations.owner);
CREATE TRIGGER conversations_tenant AFTER INSERT ON conversations BEGIN
  UPDATE conversations SET tenant = (SELECT tenant FROM owners WHERE owners.number = NEW.owner)
  WHERE number = NEW.number;
END;
CREATE INDEX conversations_of_tenant ON conversations (tenant, changed_at, number)
  WHERE cleared_at IS NULL AND has_messages = 1;
CREATE INDEX conversations_by_id ON conversations (tenant, id);
`;
