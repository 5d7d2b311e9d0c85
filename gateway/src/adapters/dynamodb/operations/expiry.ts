import { condition } from "../expressions.ts";
import { CONVERSATIONS, clientKey, conversationKey, idKey } from "../keys.ts";
import type { AcceptanceItem, ConversationItem, MessageItem } from "../records.ts";
import { isBefore, stands } from "../standing.ts";
import { head } from "../texts.ts";
import type { Decision, UserChange } from "../user-log.ts";
import { TITLE_CHARACTERS } from "./headings.ts";
import { isConversation, type Keyed } from "./kept.ts";
import type { User } from "./user.ts";

/** Items that go with one write: the user's head holds all their keys meanwhile. */
const GONE_AT_ONCE = 400;

/** What went of a user. */
export interface ExpiredOfUser {
  readonly conversations: readonly string[];
  readonly messages: number;
  /** Whether there was more than one write can take. */
  readonly more: boolean;
}

interface Held {
  readonly conversation: Keyed<ConversationItem>;
  readonly messages: Keyed<MessageItem>[];
}

/** Decides what of a user is too old: see {@link Records.expire}. The user is listed anew by what stays. */
export async function expireUser(user: User, before: number): Promise<Decision<ExpiredOfUser>> {
  const held = await everything(user);
  const requests = await user.db.all<Keyed<AcceptanceItem>>({
    pk: user.pk,
    range: condition("begins_with(#sk, :prefix)", { prefix: clientKey("") }),
  });
  const gone: string[] = [];
  const items: UserChange[] = [];
  const conversations: string[] = [];
  let messages = 0;
  let oldest = Number.POSITIVE_INFINITY;
  let more = false;
  for (const { conversation, messages: all } of held) {
    const end = firstStaying(all, before);
    const going = all.filter(({ position }) => position < end);
    const staying = all.filter(({ position }) => position >= end);
    const whole = staying.length === 0 && conversation.changedAt < before;
    if (going.length > 0 || whole) {
      if (gone.length > GONE_AT_ONCE) {
        more = true;
        break;
      }
      const ids = new Set(going.map(({ id }) => id));
      gone.push(...going.flatMap(({ sk, id, more: texts = [] }) => [sk, idKey(id), ...texts]));
      gone.push(
        ...requests
          .filter(({ message, conversation: of }) => of === conversation.id && ids.has(message))
          .map(({ sk }) => sk),
      );
      if (whole) gone.push(conversationKey(conversation.id));
      else items.push(withoutTitles(conversation, staying, end));
      conversations.push(conversation.id);
      messages += going.length;
    }
    if (!whole) oldest = Math.min(oldest, conversation.changedAt, ...staying.map(({ at }) => at));
  }
  const listed = Number.isFinite(oldest) ? oldest : null;
  return {
    result: { conversations, messages, more },
    changes: { items, gone, ...(more ? {} : { listed }) },
  };
}

/** Every conversation with every message. */
async function everything(user: User): Promise<Held[]> {
  const { low, high } = CONVERSATIONS;
  const range = condition("#sk BETWEEN :low AND :high", { low, high });
  const held = new Map<string, Held>();
  const all = await user.db.all<Keyed<ConversationItem> | Keyed<MessageItem>>({ pk: user.pk, range });
  for (const item of all) if (isConversation(item)) held.set(item.id, { conversation: item, messages: [] });
  for (const item of all) if (!isConversation(item)) held.get(item.conversation)?.messages.push(item);
  return [...held.values()];
}

/** The first place of which something is not too old, or is owed. */
function firstStaying(messages: readonly MessageItem[], before: number): number {
  const staying = messages.filter(({ at, status }) => at >= before || status === "queued");
  return Math.min(Number.POSITIVE_INFINITY, ...staying.map(({ position }) => position));
}

/** The conversation's headings quote nothing that goes. */
function withoutTitles(
  { id, cuts, title, preview }: ConversationItem,
  staying: readonly MessageItem[],
  end: number,
): UserChange {
  const first = staying.find((item) => item.role === "user" && stands(cuts, item));
  const keepsTitle = title !== undefined && title.position >= end;
  const losesPreview = preview !== undefined && isBefore(preview, { position: end, slot: 0 });
  const set =
    keepsTitle || first === undefined
      ? {}
      : { title: { text: head(first.content, TITLE_CHARACTERS), position: first.position } };
  return {
    sk: conversationKey(id),
    set,
    remove: [...(keepsTitle || first !== undefined ? [] : ["title"]), ...(losesPreview ? ["preview"] : [])],
  };
}
