import type { Message, OpenReply, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { applyFrame } from "../../src/state/apply-frame.ts";
import { EMPTY_SNAPSHOT } from "../../src/state/empty-snapshot.ts";
import type { ChatMessage, ChatSnapshot } from "../../src/state/types.ts";

/** The moment at which everything in these tests happens. */
export const NOW = Date.parse("2026-01-01T00:00:00Z");

const at = new Date(NOW).toISOString();

/** A question in a list. */
export const question = (id: string, content = id, clientId?: string): Message => ({
  id,
  role: "user",
  content,
  at,
  ...(clientId === undefined ? {} : { clientId }),
});

/** An answer in a list. */
export const answer = (id: string, to: string, content: string, status?: Message["status"]): Message => ({
  id,
  role: "assistant",
  content,
  at,
  to,
  ...(status === undefined ? {} : { status }),
});

/** A reply that has not ended. */
export const open = (reply: string, message: string, state: OpenReply["state"] = "streaming"): OpenReply => ({
  reply,
  conversation: "c",
  message,
  seq: 1,
  epoch: 1,
  state,
});

/** A `ready` for the user `ann` in conversation `c`. */
export const ready = (content: Partial<ServerFrameOf<"ready">> = {}): ServerFrameOf<"ready"> => ({
  type: "ready",
  session: "s",
  user: { id: "ann", anonymous: false },
  conversation: "c",
  messages: [],
  more: false,
  replies: [],
  heartbeat: { ping: 30, timeout: 10 },
  now: at,
  expiresAt: at,
  limits: {
    messageCharacters: 500,
    frameBytes: 65_536,
    messagesPerMinute: null,
    messagesPerHour: null,
    concurrentStreams: null,
  },
  features: ["edit"],
  ...content,
});

/** The end of a reply. */
export const done = (
  reply: string,
  message: string,
  reason: ServerFrameOf<"done">["reason"] = "stop",
): ServerFrameOf<"done"> => ({
  type: "done",
  reply,
  conversation: "c",
  message,
  seq: 1,
  reason,
  model: "m",
  usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 },
});

/** What is shown after these frames. */
export const after = (
  frames: readonly Parameters<typeof applyFrame>[1][],
  from: ChatSnapshot = EMPTY_SNAPSHOT,
): ChatSnapshot => frames.reduce((snapshot, frame) => applyFrame(snapshot, frame, NOW), from);

/** The list in short: who, what, and how far. */
export const short = ({ messages }: { messages: readonly ChatMessage[] }): string[] =>
  messages.map(
    ({ role, content, progress, delivery }) => `${role}: ${content} (${progress ?? delivery ?? ""})`,
  );

/** A message that waits in the outbox. */
export const queued = (id: string, content = id) =>
  ({ id, content, conversation: null, at: NOW, delivery: "queued" }) as const;

/** The acknowledgement of a question in conversation `c`. */
export const ack = (id: string, message: string, reply: string): ServerFrame => ({
  type: "ack",
  id,
  conversation: "c",
  message,
  reply,
});
