import { listedConversation, type Place, tenantKey } from "../keys.ts";
import type { ConversationItem } from "../records.ts";
import { isBefore } from "../standing.ts";
import { head } from "../texts.ts";
import { standingBefore, type User } from "./user.ts";

/** Of a conversation's first question. */
export const TITLE_CHARACTERS = 80;
const PREVIEW_CHARACTERS = 120;

/** What a list says of a conversation: the heads of its first question and of its last text. */
export type Headings = Pick<ConversationItem, "title" | "preview">;

/** The headings once something more is said in a conversation, at its end or as a late answer. */
export function withSaid(
  { title, preview }: Headings,
  said: Place & { readonly role: string; readonly content: string },
): Headings {
  const { position, slot, role, content } = said;
  const first = title ?? (role === "user" ? { text: head(content, TITLE_CHARACTERS), position } : undefined);
  const isLast = content !== "" && (preview === undefined || !isBefore(said, preview));
  const last = isLast ? { text: head(content, PREVIEW_CHARACTERS), position, slot } : preview;
  return {
    ...(first === undefined ? {} : { title: first }),
    ...(last === undefined ? {} : { preview: last }),
  };
}

/** The headings when all from a place on is gone. */
export async function cutHeadings(
  user: User,
  conversation: ConversationItem,
  from: Place,
): Promise<Headings> {
  const { title, preview } = conversation;
  const keepsTitle = title !== undefined && isBefore({ position: title.position, slot: 0 }, from);
  const last =
    preview === undefined || isBefore(preview, from) ? preview : await lastText(user, conversation, from);
  return { ...(keepsTitle ? { title } : {}), ...(last === undefined ? {} : { preview: last }) };
}

async function lastText(
  user: User,
  conversation: ConversationItem,
  end: Place,
): Promise<ConversationItem["preview"]> {
  const wanted = ({ content }: { content: string }): boolean => content !== "";
  const [last] = await standingBefore(user, conversation, { end, limit: 1, wanted });
  if (last === undefined) return undefined;
  return { text: head(last.content, PREVIEW_CHARACTERS), position: last.position, slot: last.slot };
}

/** The headings as a change of the conversation: one that is gone is taken away. */
export function headingsChange({ title, preview }: Headings): { set: Headings; remove: string[] } {
  return {
    set: { ...(title === undefined ? {} : { title }), ...(preview === undefined ? {} : { preview }) },
    remove: [...(title === undefined ? ["title"] : []), ...(preview === undefined ? ["preview"] : [])],
  };
}

/** By which the tenant finds a conversation in which something was said: see the table's global indexes. */
export function listedAs(
  { scope: { tenant } }: User,
  conversation: string,
): { listed: string; named: string } {
  return { listed: tenantKey(tenant).pk, named: listedConversation(tenant, conversation) };
}
