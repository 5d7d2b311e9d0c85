import type { Scope, TenantId, UserId } from "../../../ports/scope.ts";
import type { TenantConversationPage, TenantMessagePage } from "../../../ports/tenant-conversations.ts";
import type { Connection } from "../connection.ts";
import { type ListedRow, summary } from "./conversations.ts";
import { messagesOf } from "./messages.ts";
import { ownerOf } from "./owners.ts";

const CURSOR = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;

/** {@link TenantConversationList.list}. The cursor is when a page's last conversation changed, and its number. */
export function tenantConversations(
  connection: Connection,
  input: { tenant: TenantId; before?: string; limit: number },
): TenantConversationPage {
  const { tenant, before, limit } = input;
  const cursor = before === undefined ? undefined : CURSOR.exec(before);
  if (cursor === null) return { conversations: [], next: null };
  const [, at, number] = cursor ?? [];
  const rows = connection.all<ListedRow & { user: string; cleared_at: number | null }>(
    `SELECT conversation.number, id, changed, changed_at, cleared_at, user FROM conversations AS conversation
     JOIN owners ON owners.number = conversation.owner
     WHERE conversation.tenant = ? AND has_messages = 1
       AND (changed_at, conversation.number) < (?, ?)
     ORDER BY changed_at DESC, conversation.number DESC LIMIT ?`,
    tenant,
    at === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(at, 36),
    number === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(number, 36),
    limit + 1,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    conversations: page.map((row) => ({
      ...summary(connection, row),
      user: row.user as UserId,
      ...clearedAt(row),
    })),
    next:
      rows.length > limit && last !== undefined
        ? `${last.changed_at.toString(36)}.${last.number.toString(36)}`
        : null,
  };
}

/** {@link TenantConversationList.usersOf}. */
export function usersOfConversation(
  connection: Connection,
  { tenant, conversation }: { tenant: TenantId; conversation: string },
): readonly Scope[] {
  const rows = connection.all<{ user: string }>(
    `SELECT user FROM conversations JOIN owners ON owners.number = conversations.owner
     WHERE conversations.tenant = ? AND id = ? ORDER BY user`,
    tenant,
    conversation,
  );
  return rows.map(({ user }) => ({ tenant, user: user as UserId }));
}

/** {@link TenantConversationList.messages}. */
export function tenantConversationMessages(
  connection: Connection,
  input: { scope: Scope; conversation: string; before?: string; limit: number },
): TenantMessagePage | null {
  const owner = ownerOf(connection, input.scope);
  if (owner === null) return null;
  const conversation = connection.get<{ number: number; cleared_at: number | null }>(
    "SELECT number, cleared_at FROM conversations WHERE owner = ? AND id = ?",
    owner,
    input.conversation,
  );
  if (conversation === undefined) return null;
  const { number } = conversation;
  return { ...messagesOf(connection, { ...input, owner, conversation: number }), ...clearedAt(conversation) };
}

function clearedAt({ cleared_at: at }: { readonly cleared_at: number | null }): { clearedAt?: number } {
  return at === null ? {} : { clearedAt: at };
}
