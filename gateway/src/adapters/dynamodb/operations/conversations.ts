import type { ConversationPage } from "../../../ports/archive.ts";
import { conversationKey } from "../keys.ts";
import type { ConversationItem } from "../records.ts";
import { stands } from "../standing.ts";
import type { Decision, Writing } from "../user-log.ts";
import { byChange, itemKey, latest, liveConversation, placeOf, type User } from "./user.ts";

const CURSOR = /^[0-9a-z]{1,10}$/;

/** {@link UserArchive.conversationOf}. */
export async function conversationOf(user: User, message: string): Promise<string | null> {
  const place = await placeOf(user, message);
  if (place === null) return null;
  const conversation = await liveConversation(user, place.conversation);
  return conversation !== null && stands(conversation.cuts, place) ? conversation.id : null;
}

/** {@link UserArchive.latestConversation}. */
export async function latestConversation(user: User): Promise<string | null> {
  return (await latest(user))?.id ?? null;
}

/** Decides {@link UserArchive.createConversation}. */
export async function createConversation(
  user: User,
  id: string,
  at: number,
  { version }: Writing,
): Promise<Decision<void>> {
  const sk = conversationKey(id);
  if ((await user.db.get(itemKey(user, sk))) !== null) return { result: undefined };
  const set = { id, lastPosition: 0, cuts: [], changed: version, changedAt: at };
  return { result: undefined, changes: { said: at, items: [], conversation: { sk, set } } };
}

/** Decides {@link UserArchive.clear}. */
export async function clear(user: User, id: string, at: number): Promise<Decision<boolean>> {
  if ((await liveConversation(user, id)) === null) return { result: false };
  const conversation = {
    sk: conversationKey(id),
    set: { clearedAt: at },
    remove: ["changed"],
  };
  return { result: true, changes: { items: [], conversation, cleared: { conversation: id, at } } };
}

/** {@link UserArchive.conversations}. The cursor is the version that changed a page's last conversation. */
export async function conversations(
  user: User,
  { before, limit }: { before?: string; limit: number },
): Promise<ConversationPage> {
  if (before !== undefined && !CURSOR.test(before)) return { conversations: [], next: null };
  const from = before === undefined ? undefined : Number.parseInt(before, 36);
  const found: ConversationItem[] = [];
  for await (const conversation of byChange(user, from, limit + 1)) {
    if (conversation.lastPosition > 0) found.push(conversation);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  const last = page.at(-1)?.changed;
  return {
    conversations: page.map(({ id, title, changedAt, preview }) => ({
      id,
      title: title?.text ?? "",
      at: changedAt,
      preview: preview?.text ?? "",
    })),
    next: found.length > limit && last !== undefined ? last.toString(36) : null,
  };
}
