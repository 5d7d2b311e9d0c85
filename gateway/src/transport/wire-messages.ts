import { type Message, type OpenReply, PROTOCOL_LIMITS } from "@parlance/protocol";
import type { LiveReplies } from "../delivery/live-replies.ts";
import type { LiveReply } from "../delivery/live-reply.ts";
import type { ArchivedMessage } from "../ports/archive.ts";
import type { Scope } from "../ports/scope.ts";

/** Bytes kept free for the rest of a frame that carries a list. */
const FRAME_REST_BYTES = 16_384;

/**
 * An archived message as frames carry it. What runs in this instance is told as it stands now, not as it
 * stood when the archive was read.
 */
export function wireMessage(message: ArchivedMessage, scope: Scope, replies: LiveReplies): Message {
  const { id, clientId, role, at, to, author, rating } = message;
  const live = message.role === "assistant" ? replies.get(scope, id) : null;
  const status = live === null ? message.status : liveStatus(live);
  return {
    id,
    ...(clientId === undefined ? {} : { clientId }),
    role,
    content: live === null ? message.content : live.log.text(),
    at: new Date(at).toISOString(),
    ...(to === undefined ? {} : { to }),
    ...(author === undefined ? {} : { author }),
    ...(rating === undefined ? {} : { rating }),
    ...(status === undefined ? {} : { status }),
  };
}

function liveStatus(live: LiveReply): Message["status"] {
  if (live.state !== "ended") return live.state;
  const reason = live.outcome?.reason;
  return reason === "stop" ? undefined : reason;
}

/** The latest messages that fit into one frame, and whether any had to be left out. */
export function fitMessages(messages: readonly Message[]): { messages: Message[]; cut: boolean } {
  let left = PROTOCOL_LIMITS.serverFrameBytes - FRAME_REST_BYTES;
  let first = messages.length;
  while (first > 0) {
    left -= Buffer.byteLength(JSON.stringify(messages[first - 1])) + 1;
    if (left < 0) break;
    first--;
  }
  return { messages: messages.slice(first), cut: first > 0 };
}

/** A reply that has not ended, as lists name it. */
export function wireReply(live: LiveReply): OpenReply {
  const { id, conversation, message, log, epoch, state } = live;
  return {
    reply: id,
    conversation,
    message,
    seq: log.seq,
    epoch,
    state: state === "queued" ? "queued" : "streaming",
  };
}
