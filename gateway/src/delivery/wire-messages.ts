import { type Message, type OpenReply, PROTOCOL_LIMITS } from "@parlance/protocol";
import type { ArchivedMessage } from "../ports/archive.ts";
import type { LiveReply } from "./live-reply.ts";

/** Bytes kept free for the rest of a frame that carries a list. */
const FRAME_REST_BYTES = 16_384;

/** A stored message as frames carry it. A reply that runs here is told as it stands now. */
export function wireMessage(message: ArchivedMessage, live: LiveReply | null): Message {
  const { id, clientId, role, at, to, author, rating } = message;
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

/**
 * Messages as a list carries them: what runs in this conversation stands as it is now, directly after its
 * question. The latest that fit into one frame are kept.
 *
 * @param messages oldest first, as history holds them
 * @param open the conversation's replies that have not ended
 * @returns the list, and whether any had to be left out
 */
export function wireList(
  messages: readonly ArchivedMessage[],
  open: readonly LiveReply[],
): { messages: Message[]; cut: boolean } {
  const running = new Map(open.map((reply) => [reply.id, reply]));
  const awaited = new Map(open.map((reply) => [reply.message, reply]));
  const listed = new Set(messages.map(({ id }) => id));
  const shown = messages.flatMap((message) => {
    const reply = awaited.get(message.id);
    const own = wireMessage(message, running.get(message.id) ?? null);
    return reply === undefined || listed.has(reply.id) ? [own] : [own, placeholder(reply, message.at)];
  });
  return fitting(shown);
}

function placeholder(reply: LiveReply, at: number): Message {
  const { id, position, message: to } = reply;
  return wireMessage({ id, role: "assistant", position, content: "", at, to }, reply);
}

function fitting(messages: readonly Message[]): { messages: Message[]; cut: boolean } {
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
