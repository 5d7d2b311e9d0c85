import type { ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { clientError } from "../client/failure.ts";
import {
  change,
  fromWire,
  indexOfId,
  insert,
  isOpen,
  isUnsent,
  listed,
  mergeLatest,
  progressOf,
  settle,
  withAnswer,
} from "./messages.ts";
import type { ChatMessage, ChatSnapshot } from "./types.ts";

/**
 * Folds one frame into what is shown: pure, and the same snapshot where nothing changes.
 * Frames come as the client hands them on, without doubles and in order.
 *
 * @param at milliseconds since 1970, for what begins with this frame
 */
export function applyFrame(snapshot: ChatSnapshot, frame: ServerFrame, at: number): ChatSnapshot {
  switch (frame.type) {
    case "ready":
      return ready(snapshot, frame, at);
    case "ack":
      return ack(snapshot, frame, at);
    case "typing":
      return typing(snapshot, frame, at);
    case "token":
      return token(snapshot, frame, at);
    case "snapshot":
    case "response":
      return wholeText(snapshot, frame, at);
    case "done":
      return done(snapshot, frame);
    case "message":
      return message(snapshot, frame);
    case "truncate":
      return truncate(snapshot, frame);
    case "cleared":
      return cleared(snapshot, frame);
    case "conversation":
      return {
        ...snapshot,
        conversation: frame.conversation,
        mode: frame.mode,
        // From nothing: the client reads the replies of an opened conversation from their start.
        messages: listed(frame.messages, frame.replies, { held: [], at }),
        more: frame.more,
        typing: frame.replies.some(({ state }) => state === "streaming") ? "assistant" : null,
      };
    case "history":
      return history(snapshot, frame);
    case "conversations":
      return {
        ...snapshot,
        conversations: frame.conversations.map((item) => ({ ...item, at: Date.parse(item.at) })),
      };
    case "error":
      return error(snapshot, frame);
    case "ok":
    case "pong":
    case "goaway":
      return snapshot;
    default:
      // A later server may say more than this client knows: ignored, as the protocol has it.
      frame satisfies never;
      return snapshot;
  }
}

/** A frame of a conversation is shown where that is the one on the screen, or where there is none yet. */
const isShown = ({ conversation }: ChatSnapshot, of: string | undefined): of is string =>
  of !== undefined && (conversation === null || conversation === of);

function ready(snapshot: ChatSnapshot, frame: ServerFrameOf<"ready">, at: number): ChatSnapshot {
  const isSameUser = snapshot.user === null || snapshot.user.id === frame.user.id;
  const { id, name, anonymous } = frame.user;
  const next = {
    ...snapshot,
    user: { id, anonymous, ...(name === undefined ? {} : { name }) },
    features: frame.features,
    messageCharacters: frame.limits.messageCharacters,
  };
  // Another conversation than the latest is on the screen: it stays, and is read anew by `open`.
  if (isSameUser && snapshot.conversation !== null && snapshot.conversation !== frame.conversation)
    return next;
  const held = isSameUser ? snapshot.messages : snapshot.messages.filter(isUnsent);
  const replies = frame.replies.filter(({ conversation }) => conversation === frame.conversation);
  const latest = listed(frame.messages, replies, { held, at });
  const { messages, overlaps } = mergeLatest(held, latest, frame.more);
  return {
    ...next,
    conversation: frame.conversation,
    messages,
    more: overlaps ? snapshot.more : frame.more,
    typing: replies.some(({ state }) => state === "streaming") ? "assistant" : null,
    ...(isSameUser ? {} : { conversations: [], unread: 0, notice: null, mode: "model" as const }),
  };
}

function ack(snapshot: ChatSnapshot, frame: ServerFrameOf<"ack">, at: number): ChatSnapshot {
  const own = snapshot.messages.findLastIndex(({ clientId }) => clientId === frame.id);
  const question = own === -1 ? indexOfId(snapshot.messages, frame.message) : own;
  const asked = snapshot.messages[question];
  if (asked === undefined || !isShown(snapshot, frame.conversation)) return snapshot;
  const { error: _, ...accepted } = asked;
  const sent = settle(snapshot.messages, question, { ...accepted, id: frame.message, delivery: "sent" });
  const answered = withAnswer(sent, frame.reply, { to: frame.message, at });
  const messages = change(answered, indexOfId(answered, frame.reply), (answer) => ({
    ...answer,
    request: frame.id,
  }));
  return { ...snapshot, conversation: frame.conversation, messages };
}

function typing(snapshot: ChatSnapshot, frame: ServerFrameOf<"typing">, at: number): ChatSnapshot {
  if (!isShown(snapshot, frame.conversation)) return snapshot;
  const { active, by, reply, to } = frame;
  if (!active) return snapshot.typing === by ? { ...snapshot, typing: null } : snapshot;
  if (by !== "assistant" || reply === undefined) return { ...snapshot, typing: by };
  const messages = withAnswer(snapshot.messages, reply, { to, at });
  const started = change(messages, indexOfId(messages, reply), (answer) =>
    answer.progress === "queued" ? { ...answer, progress: "streaming" } : answer,
  );
  return { ...snapshot, conversation: frame.conversation, typing: by, messages: started };
}

function token(snapshot: ChatSnapshot, frame: ServerFrameOf<"token">, at: number): ChatSnapshot {
  const { reply, seq, epoch, conversation } = frame;
  const isKnown = indexOfId(snapshot.messages, reply) !== -1;
  if (!isKnown && !isShown(snapshot, conversation)) return snapshot;
  const messages = withAnswer(snapshot.messages, reply, { at });
  const index = indexOfId(messages, reply);
  const answer = messages[index];
  if (answer === undefined || !isOpen(answer)) return snapshot;
  const text = frame.channel === undefined ? frame.content : "";
  const grown: ChatMessage = {
    ...answer,
    content: answer.content + text,
    progress: "streaming",
    seq,
    ...(epoch === undefined ? {} : { epoch }),
  };
  return { ...snapshot, messages: messages.with(index, grown) };
}

function wholeText(
  snapshot: ChatSnapshot,
  frame: ServerFrameOf<"snapshot"> | ServerFrameOf<"response">,
  at: number,
): ChatSnapshot {
  if (!isShown(snapshot, frame.conversation)) return snapshot;
  const isSnapshot = frame.type === "snapshot";
  const to = isSnapshot ? frame.message : undefined;
  const messages = withAnswer(snapshot.messages, frame.reply, { to, at });
  const replaced = change(messages, indexOfId(messages, frame.reply), (answer) => ({
    ...answer,
    content: frame.content,
    progress: "streaming",
    seq: isSnapshot ? frame.seq : 1,
    ...(isSnapshot ? { epoch: frame.epoch } : {}),
  }));
  return { ...snapshot, conversation: frame.conversation, messages: replaced };
}

function done(snapshot: ChatSnapshot, frame: ServerFrameOf<"done">): ChatSnapshot {
  const index = indexOfId(snapshot.messages, frame.reply);
  if (index === -1) return snapshot;
  const messages = change(snapshot.messages, index, ({ seq: _, epoch: __, ...answer }) => ({
    ...answer,
    to: answer.to ?? frame.message,
    progress: progressOf(frame.reason),
  }));
  return { ...snapshot, messages, typing: snapshot.typing === "assistant" ? null : snapshot.typing };
}

function message(snapshot: ChatSnapshot, frame: ServerFrameOf<"message">): ChatSnapshot {
  if (!isShown(snapshot, frame.conversation)) return snapshot;
  const { id, clientId } = frame.message;
  const told = fromWire(frame.message);
  const held = snapshot.messages.findLastIndex(
    (shown) => shown.id === id || (clientId !== undefined && shown.clientId === clientId),
  );
  const known = snapshot.messages[held];
  const messages =
    known === undefined
      ? insert(snapshot.messages, told)
      : settle(snapshot.messages, held, { ...told, key: known.key });
  return { ...snapshot, conversation: frame.conversation, messages };
}

function truncate(snapshot: ChatSnapshot, frame: ServerFrameOf<"truncate">): ChatSnapshot {
  if (frame.conversation !== snapshot.conversation) return snapshot;
  const { after, ref } = frame;
  const last = after === null ? -1 : indexOfId(snapshot.messages, after);
  // What the same request brought may have come before this frame, and stays.
  const isNew = ({ request, clientId }: ChatMessage): boolean =>
    ref !== undefined && (request === ref || clientId === ref);
  const messages = snapshot.messages.filter((held, index) => index <= last || isUnsent(held) || isNew(held));
  return { ...snapshot, messages, typing: snapshot.typing === "assistant" ? null : snapshot.typing };
}

function cleared(snapshot: ChatSnapshot, frame: ServerFrameOf<"cleared">): ChatSnapshot {
  const conversations = snapshot.conversations.filter(({ id }) => id !== frame.conversation);
  if (frame.conversation !== snapshot.conversation) return { ...snapshot, conversations };
  const messages = snapshot.messages.filter(isUnsent);
  return {
    ...snapshot,
    conversations,
    conversation: null,
    mode: "model",
    messages,
    more: false,
    typing: null,
  };
}

function history(snapshot: ChatSnapshot, frame: ServerFrameOf<"history">): ChatSnapshot {
  if (frame.conversation !== snapshot.conversation) return snapshot;
  const older = frame.messages.filter(({ id }) => indexOfId(snapshot.messages, id) === -1).map(fromWire);
  return { ...snapshot, messages: [...older, ...snapshot.messages], more: frame.more };
}

function error(snapshot: ChatSnapshot, frame: ServerFrameOf<"error">): ChatSnapshot {
  if (frame.reply !== undefined) {
    const index = indexOfId(snapshot.messages, frame.reply);
    const messages = change(snapshot.messages, index, (answer) => ({ ...answer, error: clientError(frame) }));
    return messages === snapshot.messages ? snapshot : { ...snapshot, messages };
  }
  // What answers a request is told there: to the message in the outbox, or to who asked.
  return frame.ref === undefined ? { ...snapshot, notice: clientError(frame) } : snapshot;
}
