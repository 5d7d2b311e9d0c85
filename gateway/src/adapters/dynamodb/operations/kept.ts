import type { KeptConversation, KeptMessage, RecordsFound, RecordsPage } from "../../../ports/records.ts";
import { condition } from "../expressions.ts";
import { CONVERSATIONS, conversationKey, messagesRange } from "../keys.ts";
import type { ConversationItem, MessageItem } from "../records.ts";
import { stands } from "../standing.ts";
import { toMessage } from "./messages.ts";
import { itemKey, openReplies, type User } from "./user.ts";

/** An item with its key. */
export type Keyed<Item> = Item & { readonly sk: string };

/** Whether an item among conversations and their messages is a conversation. */
export function isConversation(
  item: Keyed<ConversationItem> | Keyed<MessageItem>,
): item is Keyed<ConversationItem> {
  return !("position" in item);
}

/** {@link UserRecords.conversations}. The cursor is the key of the last. */
export async function keptConversations(
  user: User,
  { after, limit }: RecordsPage,
): Promise<RecordsFound<KeptConversation>> {
  const { low, high } = CONVERSATIONS;
  const range = condition("#sk BETWEEN :low AND :high", { low: after ?? low, high });
  const found: Keyed<ConversationItem>[] = [];
  for await (const item of user.db.query<Keyed<ConversationItem> | Keyed<MessageItem>>({
    pk: user.pk,
    range,
  })) {
    if (!isConversation(item) || item.sk === after) continue;
    found.push(item);
    if (found.length === limit) break;
  }
  return {
    records: found.map(({ id, changedAt, clearedAt }) => ({
      id,
      changedAt,
      ...(clearedAt === undefined ? {} : { clearedAt }),
    })),
    next: found.length < limit ? null : (found.at(-1)?.sk ?? null),
  };
}

/** {@link UserRecords.messages}, each answer behind its question. The cursor is the key of the last. */
export async function keptMessages(
  user: User,
  conversation: string,
  { after, limit }: RecordsPage,
): Promise<RecordsFound<KeptMessage>> {
  const { low, high } = messagesRange(conversation);
  const range = condition("#sk BETWEEN :low AND :high", { low: after ?? low, high });
  const head = await user.db.get<ConversationItem>(itemKey(user, conversationKey(conversation)));
  const cuts = head?.cuts ?? [];
  const found: Keyed<MessageItem>[] = [];
  for await (const item of user.db.query<Keyed<MessageItem>>({ pk: user.pk, range, pageSize: limit + 1 })) {
    if (item.sk === after) continue;
    found.push(item);
    if (found.length === limit) break;
  }
  return {
    records: await Promise.all(
      found.map(async (item) => ({
        ...(await toMessage(user, item)),
        ...(stands(cuts, item) ? {} : { superseded: true as const }),
        ...(item.ratingComment === undefined ? {} : { ratingComment: item.ratingComment }),
        ...(item.ratedAt === undefined ? {} : { ratedAt: item.ratedAt }),
      })),
    ),
    next: found.length < limit ? null : (found.at(-1)?.sk ?? null),
  };
}

/** {@link UserRecords.openReplies}. */
export async function keptOpenReplies(user: User): Promise<readonly string[]> {
  return (await openReplies(user)).map(({ id }) => id);
}
