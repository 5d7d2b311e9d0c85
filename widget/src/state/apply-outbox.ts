import type { OutboxEntry } from "../client/types.ts";
import { indexOfId, isUnsent } from "./messages.ts";
import type { ChatMessage, ChatSnapshot } from "./types.ts";

/**
 * Folds the outbox into what is shown: pure, and the same snapshot where nothing changes. What is no longer in
 * the outbox was acknowledged, and then its `ack` has marked it as sent, or discarded, and then it goes.
 */
export function applyOutbox(snapshot: ChatSnapshot, entries: readonly OutboxEntry[]): ChatSnapshot {
  const onScreen = snapshot.conversation;
  // Before the first `ready`, all that waits is shown: it may be the only sign of a conversation there is.
  const shown = entries.filter(
    ({ conversation }) => conversation === null || onScreen === null || conversation === onScreen,
  );
  const byId = new Map(shown.map((entry) => [entry.id, entry]));
  let isChanged = false;
  const messages: ChatMessage[] = [];
  for (const message of snapshot.messages) {
    const entry = message.clientId === undefined ? undefined : byId.get(message.clientId);
    if (entry !== undefined) byId.delete(entry.id);
    if (!isUnsent(message)) messages.push(message);
    else if (entry === undefined) isChanged = true;
    else if (message.delivery === entry.delivery && message.error === entry.error) messages.push(message);
    else {
      messages.push(toMessage(entry));
      isChanged = true;
    }
  }
  for (const entry of byId.values()) {
    messages.push(toMessage(entry));
    isChanged = true;
  }
  return isChanged ? { ...snapshot, messages } : snapshot;
}

function toMessage({ id, content, at, delivery, error }: OutboxEntry): ChatMessage {
  const message = { key: id, clientId: id, role: "user", content, at, delivery } as const;
  return error === undefined ? message : { ...message, error };
}

/**
 * Shows an edit once the gateway has it: the new text in the place of the old, or as a new message where the
 * old one has gone. To be called before its `ack` is applied.
 */
export function applyEdit(
  snapshot: ChatSnapshot,
  { request, message, content, at }: { request: string; message: string; content: string; at: number },
): ChatSnapshot {
  const index = indexOfId(snapshot.messages, message);
  const old = snapshot.messages[index];
  if (old !== undefined) {
    return { ...snapshot, messages: snapshot.messages.with(index, { ...old, content }) };
  }
  const edited: ChatMessage = {
    key: request,
    clientId: request,
    id: message,
    role: "user",
    content,
    at,
    delivery: "sent",
  };
  return { ...snapshot, messages: [...snapshot.messages, edited] };
}
