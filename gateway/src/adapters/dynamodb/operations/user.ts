import type { Scope } from "../../../ports/scope.ts";
import type { DynamoDb } from "../database.ts";
import { condition } from "../expressions.ts";
import {
  clientKey,
  conversationKey,
  type ItemKey,
  idKey,
  messageKey,
  messagesRange,
  type Place,
  placeKey,
} from "../keys.ts";
import type { AcceptanceItem, ConversationItem, IdItem, MessageItem } from "../records.ts";
import { stands } from "../standing.ts";
import { BY_CHANGE, BY_OPEN } from "../table.ts";

/** Items more than asked for that are read at once, since some of a page may not stand. */
const SPARE_ITEMS = 8;

/** One user's items. */
export interface User {
  readonly db: DynamoDb;
  readonly scope: Scope;
  /** How many times a user of that name was erased before. */
  readonly era: number;
  readonly pk: string;
}

/** The key of one of the user's items. */
export function itemKey({ pk }: User, sk: string): ItemKey {
  return { pk, sk };
}

/** A conversation that was not cleared, or null. */
export async function liveConversation(user: User, id: string): Promise<ConversationItem | null> {
  return live(await keptConversation(user, id));
}

/** A conversation, cleared or not, or null. */
export function keptConversation(user: User, id: string): Promise<ConversationItem | null> {
  return user.db.get<ConversationItem>(itemKey(user, conversationKey(id)));
}

/** The conversation unless it was cleared. */
export function live(conversation: ConversationItem | null): ConversationItem | null {
  return conversation?.clearedAt === undefined ? conversation : null;
}

/** Where a message or reply stands or stood, or null where there is none of that id. */
export function placeOf(user: User, message: string): Promise<IdItem | null> {
  return user.db.get<IdItem>(itemKey(user, idKey(message)));
}

/** The message or reply at a place. */
export function messageAt(user: User, place: IdItem): Promise<MessageItem | null> {
  return user.db.get<MessageItem>(itemKey(user, messageKey(place.conversation, place)));
}

/** The message or reply of an id, superseded or not. */
export async function messageOf(user: User, id: string): Promise<MessageItem | null> {
  const place = await placeOf(user, id);
  return place === null ? null : messageAt(user, place);
}

/** What a client's id was accepted as. */
export function acceptanceOf(user: User, clientId: string): Promise<AcceptanceItem | null> {
  return user.db.get<AcceptanceItem>(itemKey(user, clientKey(clientId)));
}

/** Replies that have not ended, superseded ones too, oldest first. */
export function openReplies(user: User): Promise<MessageItem[]> {
  return user.db.all<MessageItem>({ pk: user.pk, index: BY_OPEN });
}

/** Conversations not cleared, latest change first, from a change on. */
export function byChange(
  user: User,
  before: number | undefined,
  pageSize: number,
): AsyncIterable<ConversationItem> {
  return user.db.query<ConversationItem>({
    pk: user.pk,
    index: BY_CHANGE,
    descending: true,
    pageSize,
    ...(before === undefined ? {} : { range: condition("#changed < :changed", { changed: before }) }),
  });
}

/** The conversation that changed last, of those not cleared. */
export async function latest(user: User): Promise<ConversationItem | null> {
  for await (const conversation of byChange(user, undefined, 1)) return conversation;
  return null;
}

/** The last `limit` messages before a place (absent: the end) that stand and are `wanted`, latest first. */
export async function standingBefore(
  user: User,
  conversation: ConversationItem,
  {
    end,
    limit,
    wanted = () => true,
  }: { end?: Place; limit: number; wanted?: (item: MessageItem) => boolean },
): Promise<MessageItem[]> {
  const { low, high } = messagesRange(conversation.id);
  const range = condition("#sk BETWEEN :low AND :high", {
    low,
    high: end === undefined ? high : placeKey(conversation.id, end),
  });
  const found: MessageItem[] = [];
  if (limit <= 0) return found;
  const items = user.db.query<MessageItem>({
    pk: user.pk,
    range,
    descending: true,
    pageSize: limit + SPARE_ITEMS,
  });
  for await (const item of items) {
    // What was made since the conversation was read is not of that moment: a cut that came with it is not known.
    if (item.n > conversation.v || !stands(conversation.cuts, item) || !wanted(item)) continue;
    found.push(item);
    if (found.length === limit) break;
  }
  return found;
}
