import { type ArchivedMessage, type MessagePage, NoSuchConversation } from "../../../ports/archive.ts";
import type { TenantMessagePage } from "../../../ports/tenant-conversations.ts";
import { conversationKey, messageKey } from "../keys.ts";
import type { ConversationItem, IdItem, MessageItem } from "../records.ts";
import { stands } from "../standing.ts";
import { storedText, wholeText } from "../texts.ts";
import type { Decision, Writing } from "../user-log.ts";
import { made } from "./accept.ts";
import { headingsChange, listedAs, withSaid } from "./headings.ts";
import {
  keptConversation,
  live,
  liveConversation,
  messageOf,
  placeOf,
  standingBefore,
  type User,
} from "./user.ts";

/** {@link UserArchive.messages}. */
export async function messages(
  user: User,
  id: string,
  { before, limit }: { before?: string; limit: number },
): Promise<MessagePage | null> {
  const [conversation, end] = await Promise.all([keptConversation(user, id), endOf(user, before)]);
  const standing = live(conversation);
  return standing === null ? null : messagesOf(user, standing, end, limit);
}

/** {@link TenantConversationList.messages}. */
export async function keptPage(
  user: User,
  id: string,
  { before, limit }: { before?: string; limit: number },
): Promise<TenantMessagePage | null> {
  const [conversation, end] = await Promise.all([keptConversation(user, id), endOf(user, before)]);
  if (conversation === null) return null;
  const { clearedAt } = conversation;
  const page = await messagesOf(user, conversation, end, limit);
  return { ...page, ...(clearedAt === undefined ? {} : { clearedAt }) };
}

/** Where a page ends: null is nowhere, absent is at the conversation's end. */
async function endOf(user: User, before: string | undefined): Promise<IdItem | null | undefined> {
  return before === undefined ? undefined : placeOf(user, before);
}

async function messagesOf(
  user: User,
  conversation: ConversationItem,
  end: IdItem | null | undefined,
  limit: number,
): Promise<MessagePage> {
  if (end === null || (end !== undefined && end.conversation !== conversation.id))
    return { messages: [], more: false };
  const found = await standingBefore(user, conversation, {
    limit: limit + 1,
    ...(end === undefined ? {} : { end }),
  });
  return {
    messages: await toMessages(user, found.slice(0, limit).reverse()),
    more: found.length > limit,
  };
}

/** {@link UserArchive.context}. */
export async function context(
  user: User,
  id: string,
  position: number,
  limit: number,
): Promise<readonly ArchivedMessage[]> {
  const conversation = await liveConversation(user, id);
  if (conversation === null) return [];
  const found = await standingBefore(user, conversation, {
    end: { position, slot: 0 },
    limit,
    wanted: ({ status }) => status !== "queued",
  });
  return toMessages(user, found.reverse());
}

/** Decides {@link UserArchive.rate}. */
export async function rate(
  user: User,
  id: string,
  { rating, comment, at }: { rating: "up" | "down" | null; comment: string | undefined; at: number },
): Promise<Decision<boolean>> {
  const message = await messageOf(user, id);
  if (message?.role !== "assistant") return { result: false };
  const conversation = await liveConversation(user, message.conversation);
  if (conversation === null || !stands(conversation.cuts, message)) return { result: false };
  const kept = rating === null ? { ratedAt: at } : { rating, ratedAt: at, ratingComment: comment };
  const remove = ["rating", "ratingComment"].filter(
    (field) => kept[field as keyof typeof kept] === undefined,
  );
  return {
    result: true,
    changes: { items: [{ sk: messageKey(message.conversation, message), set: kept, remove }] },
  };
}

/** Decides {@link UserArchive.push}. */
export async function push(
  user: User,
  id: string,
  message: Omit<ArchivedMessage, "position">,
  { version: n, token }: Writing,
): Promise<Decision<boolean>> {
  const [known, conversation] = await Promise.all([placeOf(user, message.id), liveConversation(user, id)]);
  if (known !== null) return { result: false };
  if (conversation === null) return { refusal: new NoSuchConversation(id) };
  const { role, at, author, content } = message;
  const place = { position: conversation.lastPosition + 1, slot: 0 };
  const { fields, staged } = storedText(user.pk, token, content);
  const item: MessageItem = {
    ...place,
    ...fields,
    id: message.id,
    conversation: id,
    n,
    role,
    at,
    ...(author === undefined ? {} : { author }),
  };
  const { set, remove } = headingsChange(withSaid(conversation, { ...place, role, content }));
  const listed = listedAs(user, id);
  const changed = { ...set, ...listed, lastPosition: place.position, changed: n, changedAt: at };
  return {
    result: true,
    changes: {
      said: at,
      staged,
      items: made(item),
      conversation: { sk: conversationKey(id), set: changed, remove },
    },
  };
}

function toMessages(user: User, items: readonly MessageItem[]): Promise<ArchivedMessage[]> {
  return Promise.all(items.map((item) => toMessage(user, item)));
}

/** An item as a message, with its whole text. */
export async function toMessage(user: User, item: MessageItem): Promise<ArchivedMessage> {
  const { id, clientId, role, position, at, question, author, rating, status, model, usage } = item;
  return {
    id,
    ...(clientId === undefined ? {} : { clientId }),
    role,
    position,
    content: await wholeText(user.db, user.pk, item),
    at,
    ...(question === undefined ? {} : { to: question }),
    ...(author === undefined ? {} : { author }),
    ...(rating === undefined ? {} : { rating }),
    ...(status === undefined || status === "stop" ? {} : { status }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
  };
}
