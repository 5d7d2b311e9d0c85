import type { UserId } from "../../ports/scope.ts";
import type { TenantConversation, TenantConversations } from "../../ports/tenant-conversations.ts";
import type { DynamoDb } from "./database.ts";
import { Eras } from "./eras.ts";
import { condition } from "./expressions.ts";
import { listedConversation, tenantKey, userOfKey } from "./keys.ts";
import { keptPage } from "./operations/messages.ts";
import type { ConversationItem } from "./records.ts";
import { BY_NAME, BY_TENANT } from "./table.ts";
import { UserQueues } from "./user-queues.ts";

const CURSOR = /^([0-9a-z]{1,11})\.([0-9a-z]{1,6})$/;

type ListedItem = ConversationItem & { readonly pk: string };

/**
 * Tenants' conversations in a DynamoDB table, by two global indexes of it, which lag behind by a moment. Rejects
 * with {@link DynamoDbError}.
 *
 * A cursor is the moment at which a page's last conversation changed, and how many of that moment were given.
 */
export function createDynamoTenantConversations(db: DynamoDb): TenantConversations {
  const eras = new Eras(db, new UserQueues());
  return {
    forTenant: (tenant) => ({
      async list({ before, limit }) {
        const cursor = before === undefined ? undefined : CURSOR.exec(before);
        if (cursor === null) return { conversations: [], next: null };
        const from = cursor === undefined ? undefined : Number.parseInt(cursor[1] ?? "", 36);
        let given = cursor === undefined ? 0 : Number.parseInt(cursor[2] ?? "", 36);
        const items = db.query<ListedItem>({
          pk: tenantKey(tenant).pk,
          index: BY_TENANT,
          descending: true,
          pageSize: limit + given + 1,
          ...(from === undefined ? {} : { range: condition("#changedAt <= :from", { from }) }),
        });
        const found: ListedItem[] = [];
        for await (const item of items) {
          if (item.changedAt === from && given > 0) given--;
          else found.push(item);
          if (found.length > limit) break;
        }
        const page = found.slice(0, limit);
        return {
          conversations: page.map((item) => listed(item)),
          next: found.length > limit ? cursorAfter(page, cursor) : null,
        };
      },
      async usersOf(conversation) {
        const items = await db.all<{ pk: string }>({
          pk: listedConversation(tenant, conversation),
          index: BY_NAME,
        });
        return items.map(({ pk }) => ({ tenant, user: userOfKey(pk) as UserId }));
      },
      messages: (user, conversation, page) =>
        eras.run({ tenant, user }, (era) => era.log.read(() => keptPage(era.user, conversation, page))),
    }),
  };
}

function listed({ pk, id, title, changedAt, preview, clearedAt }: ListedItem): TenantConversation {
  return {
    id,
    user: userOfKey(pk) as UserId,
    title: title?.text ?? "",
    at: changedAt,
    preview: preview?.text ?? "",
    ...(clearedAt === undefined ? {} : { clearedAt }),
  };
}

function cursorAfter(page: readonly ListedItem[], former: RegExpExecArray | undefined): string | null {
  const last = page.at(-1)?.changedAt;
  if (last === undefined) return null;
  const same = page.filter(({ changedAt }) => changedAt === last).length;
  const before = former?.[1] === last.toString(36) ? Number.parseInt(former[2] ?? "", 36) : 0;
  return `${last.toString(36)}.${(before + same).toString(36)}`;
}
