import type { AcceptRequest, AcceptResult, ReplyEnd, UserArchive } from "../../../src/ports/archive.ts";

let made = 0;

/** A turn with ids of its own; `clientId`, `message`, `reply` and `newConversation` share a number. */
export function turn(content: string, fields: Partial<AcceptRequest> = {}): AcceptRequest {
  const number = ++made;
  return {
    kind: "message",
    clientId: `client-${number}`,
    digest: `digest of ${content}`,
    newConversation: `conversation-${number}`,
    message: `message-${number}`,
    content,
    reply: `reply-${number}`,
    at: 1_700_000_000_000 + number,
    openLimit: 10,
    ...fields,
  };
}

/** An end of a reply. */
export function end(reply: string, fields: Partial<ReplyEnd> = {}): ReplyEnd {
  return {
    conversation: "any",
    reply,
    reason: "stop",
    seq: 3,
    epoch: 1,
    content: `answer of ${reply}`,
    model: "model-1",
    usage: { inputTokens: 10, outputTokens: 3, cachedInputTokens: 0 },
    at: 1_700_000_900_000,
    ...fields,
  };
}

type Accepted = Extract<AcceptResult, { outcome: "accepted" }>;

/** Accepts a turn that must be accepted. */
export async function accepted(archive: UserArchive, request: AcceptRequest): Promise<Accepted> {
  const result = await archive.accept(request);
  if (result.outcome !== "accepted") throw new Error(`the turn was not accepted: ${result.outcome}`);
  return result;
}

/** Asks and answers. */
export async function exchange(
  archive: UserArchive,
  content: string,
  fields: Partial<AcceptRequest> = {},
): Promise<Accepted> {
  const result = await accepted(archive, turn(content, fields));
  await archive.endReply(end(result.reply, { conversation: result.conversation }));
  return result;
}

/** The ids of a conversation's messages, oldest first; null where there is no such conversation. */
export async function idsIn(archive: UserArchive, conversation: string): Promise<string[] | null> {
  const page = await archive.messages(conversation, { limit: 100 });
  return page === null ? null : page.messages.map(({ id }) => id);
}
