import type { Message, OpenReply } from "@parlance/protocol";
import type { ChatMessage } from "./types.ts";

type Messages = readonly ChatMessage[];

const PROGRESS = new Set<string>(["queued", "streaming", "length", "cancelled", "abandoned", "interrupted"]);

/** How an answer ended or stands, from a `status` or a `reason`; what is not known counts as `error`. */
export function progressOf(status: string | undefined): NonNullable<ChatMessage["progress"]> {
  if (status === undefined || status === "stop") return "complete";
  return (PROGRESS.has(status) ? status : "error") as NonNullable<ChatMessage["progress"]>;
}

/** Whether more of it may come. */
export const isOpen = ({ progress }: ChatMessage): boolean =>
  progress === "queued" || progress === "streaming";

/** Whether it was written here and the gateway does not have it yet. */
export const isUnsent = ({ delivery }: ChatMessage): boolean => delivery !== undefined && delivery !== "sent";

/** A message as lists of the gateway spell it, as it is shown. */
export function fromWire(message: Message): ChatMessage {
  const { id, clientId, content, to, author, rating, status } = message;
  const role = message.role === "user" || message.role === "assistant" ? message.role : "system";
  return {
    key: clientId ?? id,
    id,
    role,
    content,
    at: Date.parse(message.at),
    ...(clientId === undefined ? {} : { clientId }),
    ...(to === undefined ? {} : { to }),
    ...(author === undefined ? {} : { author }),
    ...(rating === undefined ? {} : { rating }),
    ...(role === "user" ? { delivery: "sent" } : {}),
    ...(role === "assistant" ? { progress: progressOf(status) } : {}),
  };
}

/** An answer of which nothing has come yet. */
export function emptyAnswer(reply: string, { to, at }: { to?: string | undefined; at: number }): ChatMessage {
  const answer = { key: reply, id: reply, role: "assistant", content: "", at, progress: "queued" } as const;
  return to === undefined ? answer : { ...answer, to };
}

/** The list with one message changed; the same list where it is not in it. */
export function change(
  messages: Messages,
  index: number,
  to: (message: ChatMessage) => ChatMessage,
): Messages {
  const message = messages[index];
  return message === undefined ? messages : messages.with(index, to(message));
}

/** The place of a message by the gateway's id, sought from the end, where the conversation goes on. */
export const indexOfId = (messages: Messages, id: string): number =>
  messages.findLastIndex((message) => message.id === id);

/** Puts an answer directly after its question, any other message before what was not sent yet. */
export function insert(messages: Messages, message: ChatMessage): Messages {
  const question = message.to === undefined ? -1 : indexOfId(messages, message.to);
  const firstUnsent = messages.findIndex(isUnsent);
  const end = firstUnsent === -1 ? messages.length : firstUnsent;
  return messages.toSpliced(question === -1 ? end : question + 1, 0, message);
}

/**
 * The list with one message in its new form. One that the gateway has only now comes to stand behind what the
 * gateway had before, and before all that it does not have: the order is the gateway's.
 */
export function settle(messages: Messages, index: number, settled: ChatMessage): Messages {
  const held = messages[index];
  if (held === undefined || !isUnsent(held)) return messages.with(index, settled);
  return insert(messages.toSpliced(index, 1), settled);
}

/** The list with that answer in it, made empty where it was not. */
export function withAnswer(
  messages: Messages,
  reply: string,
  origin: { to?: string | undefined; at: number },
): Messages {
  return indexOfId(messages, reply) === -1 ? insert(messages, emptyAnswer(reply, origin)) : messages;
}

/**
 * The gateway's list as it is shown. Of an answer that still grows, the text is what this client has read so
 * far, since only that goes on without a seam; the list's own copy of it may be ahead.
 *
 * @param held what was shown of this conversation before; empty to start anew
 */
export function listed(
  list: readonly Message[],
  replies: readonly OpenReply[],
  { held, at }: { held: Messages; at: number },
): Messages {
  const open = new Map(replies.map((reply) => [reply.reply, reply]));
  let messages: Messages = list.map((wire) => {
    const reply = open.get(wire.id);
    const message = fromWire(wire);
    if (reply === undefined) return message;
    return { ...message, content: textHeld(held, wire.id), progress: reply.state };
  });
  for (const { reply, message: to, state } of replies) {
    if (indexOfId(messages, reply) !== -1 || indexOfId(messages, to) === -1) continue;
    const answer = { ...emptyAnswer(reply, { to, at }), content: textHeld(held, reply), progress: state };
    messages = insert(messages, answer);
  }
  return messages;
}

function textHeld(held: Messages, reply: string): string {
  const message = held[indexOfId(held, reply)];
  return message !== undefined && isOpen(message) ? message.content : "";
}

/**
 * The gateway's latest messages in the place of what is held of them: older pages that were loaded stay before,
 * what was not sent yet stays behind. `overlaps` is false where nothing held came before.
 *
 * @param more whether the gateway has older ones: where not, whatever is held before them was cut off meanwhile
 */
export function mergeLatest(
  held: Messages,
  latest: Messages,
  more: boolean,
): { messages: Messages; overlaps: boolean } {
  const first = latest[0]?.id;
  const overlap = first === undefined || !more ? -1 : indexOfId(held, first);
  const clientIds = new Set(latest.map(({ clientId }) => clientId));
  const unsent = held.filter((message) => isUnsent(message) && !clientIds.has(message.clientId));
  const before = overlap > 0 ? held.slice(0, overlap) : [];
  return { messages: [...before, ...latest, ...unsent], overlaps: overlap > 0 };
}
