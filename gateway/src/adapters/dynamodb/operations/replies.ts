import type { OwedReply, ReplyEnd, ReplyState } from "../../../ports/archive.ts";
import type { Scope } from "../../../ports/scope.ts";
import { conversationKey, messageKey } from "../keys.ts";
import type { MessageItem } from "../records.ts";
import { stands } from "../standing.ts";
import { storedText, wholeText } from "../texts.ts";
import type { Decision, Writing } from "../user-log.ts";
import { headingsChange, withSaid } from "./headings.ts";
import { acceptanceOf, liveConversation, messageOf, openReplies, type User } from "./user.ts";

/** Decides {@link UserArchive.endReply}. */
export async function endReply(
  user: User,
  end: ReplyEnd,
  { version, token }: Writing,
): Promise<Decision<boolean>> {
  const reply = await messageOf(user, end.reply);
  if (reply?.status !== "queued" || (reply.epoch ?? 0) > end.epoch) return { result: false };
  const { reason: status, seq, epoch, model, usage, at } = end;
  const { fields, staged } = storedText(user.pk, token, end.content);
  const ended = { ...fields, status, seq, epoch, model, usage, at };
  const items = [{ sk: messageKey(reply.conversation, reply), set: ended, remove: ["open"] }];
  const conversation = await liveConversation(user, reply.conversation);
  if (conversation === null || !stands(conversation.cuts, reply)) {
    return { result: true, changes: { staged, items, ended: reply.id } };
  }
  const { set, remove } = headingsChange(withSaid(conversation, { ...reply, content: end.content }));
  const sk = conversationKey(conversation.id);
  return {
    result: true,
    changes: {
      staged,
      items,
      conversation: { sk, set: { ...set, changed: version, changedAt: at }, remove },
      ended: reply.id,
    },
  };
}

/** Decides {@link UserArchive.raiseEpoch}. */
export async function raiseEpoch(user: User, id: string, epoch: number): Promise<Decision<boolean>> {
  const reply = await messageOf(user, id);
  if (reply?.status !== "queued" || (reply.epoch ?? 0) >= epoch) return { result: false };
  return {
    result: true,
    changes: { items: [{ sk: messageKey(reply.conversation, reply), set: { epoch } }] },
  };
}

/** {@link UserArchive.reply}. */
export async function reply(user: User, id: string): Promise<ReplyState | null> {
  const item = await messageOf(user, id);
  if (item === null) return null;
  const owed = owedReply(user.scope, item);
  if (owed === null) return null;
  const { status, seq, model, usage } = item;
  if (status === undefined || status === "queued") return { state: "open", owed };
  if (seq === undefined || model === undefined || usage === undefined) {
    throw new Error(`the end of the reply ${id} is not whole`);
  }
  const { conversation, message, epoch, at } = owed;
  const content = await wholeText(user.db, user.pk, item);
  return {
    state: "ended",
    conversation,
    message,
    end: { conversation, reply: id, reason: status, seq, epoch, content, model, usage, at },
  };
}

/** {@link UserArchive.replyTo}. */
export async function replyTo(user: User, message: string): Promise<string | null> {
  const [byId, acceptance] = await Promise.all([messageOf(user, message), acceptanceOf(user, message)]);
  if (byId?.reply !== undefined) return byId.reply;
  if (acceptance === null) return null;
  return (await messageOf(user, acceptance.message))?.reply ?? null;
}

/** {@link UserArchive.openReplies}. */
export async function owedBy(user: User, conversation?: string): Promise<OwedReply[]> {
  const open = await openReplies(user);
  return open
    .filter((item) => conversation === undefined || item.conversation === conversation)
    .flatMap((item) => owedReply(user.scope, item) ?? []);
}

/** A reply as it was asked for; null for what is none. */
function owedReply(scope: Scope, item: MessageItem): OwedReply | null {
  const { conversation, id, question, position, epoch, kind, at } = item;
  if (question === undefined || epoch === undefined || kind === undefined) return null;
  return { ...scope, conversation, reply: id, message: question, position, epoch, kind, at };
}
