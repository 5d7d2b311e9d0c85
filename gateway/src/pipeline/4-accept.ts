import { PROTOCOL_LIMITS } from "@parlance/protocol";
import { LiveReply } from "../delivery/live-reply.ts";
import { wireMessage } from "../delivery/wire-messages.ts";
import { HOLD_EVERY } from "../limits/turn-reservations.ts";
import type { AcceptResult, ArchivedMessage } from "../ports/archive.ts";
import type { Services } from "./services.ts";
import {
  type Accepted,
  type Admission,
  ID_TAKEN,
  refuse,
  required,
  type StepOutcome,
  sentBefore,
} from "./turn.ts";

/** One reply runs, so many may wait. */
const OPEN_REPLIES = PROTOCOL_LIMITS.waitingReplies + 1;

/** Stores question and open reply in one transaction, acknowledges, and lets the answer begin as its own task. */
export async function accept(turn: Admission, services: Services): Promise<StepOutcome> {
  const { accepting } = services.replies;
  accepting.add(turn.replyId);
  const holding = setInterval(() => void hold(turn, services), HOLD_EVERY);
  try {
    return await store(turn, services);
  } finally {
    clearInterval(holding);
    accepting.delete(turn.replyId);
  }
}

async function hold({ reserved, principal: { tenant } }: Admission, services: Services): Promise<void> {
  try {
    await services.reservations.hold(required(reserved, "reserved"));
  } catch (error) {
    services.log.warn({ err: error, tenant }, "what a turn has reserved could not be held on");
  }
}

async function store(turn: Admission, services: Services): Promise<StepOutcome> {
  const { frame, principal } = turn;
  const archive = services.archive.forUser(principal);
  const result = await archive.accept({
    kind: frame.type,
    clientId: frame.id,
    digest: required(turn.digest, "digest"),
    ...(frame.type === "message" && frame.conversation !== undefined
      ? { conversation: frame.conversation }
      : {}),
    ...(frame.type === "message" ? {} : { target: frame.message }),
    newConversation: turn.newConversation,
    message: turn.messageId,
    content: frame.type === "regenerate" ? "" : frame.content,
    reply: turn.replyId,
    at: turn.at,
    credentialsAt: principal.issuedAt,
    openLimit: OPEN_REPLIES,
  });
  switch (result.outcome) {
    case "accepted":
      return { next: false, accepted: await accepted(turn, result, services) };
    case "duplicate":
      return sentBefore(frame, result);
    case "conflict":
      return ID_TAKEN;
    case "not-found":
      return refuse(
        "NOT_FOUND",
        frame.type === "message" ? "`conversation`: no such conversation" : "`message`: no such message",
      );
    case "full":
      return refuse(
        "CONCURRENCY_LIMITED",
        `${PROTOCOL_LIMITS.waitingReplies} messages wait in this conversation already`,
        2,
      );
    case "erased":
      return refuse("FORBIDDEN", "this user was erased");
    default:
      return result satisfies never;
  }
}

async function accepted(
  turn: Admission,
  result: Extract<AcceptResult, { outcome: "accepted" }>,
  services: Services,
): Promise<Accepted> {
  const { frame, principal, outbox } = turn;
  const scope = { tenant: principal.tenant, user: principal.user };
  const { conversation, message, reply: replyId, position } = result;
  const reply = new LiveReply(
    { ...scope, conversation, message, reply: replyId, position, epoch: 1, kind: frame.type, at: turn.at },
    { changed: services.changed, clientId: frame.type === "regenerate" ? undefined : frame.id },
  );
  if (result.truncatedAfter !== undefined) await services.history.changed(scope, conversation);
  // What follows happens in one turn: a socket that becomes ready lists this reply, or is sent it, and never both.
  services.replies.add(reply);
  services.connections.touch(scope);
  if (result.truncatedAfter !== undefined) {
    const truncate = { type: "truncate", conversation, after: result.truncatedAfter } as const;
    outbox.send({ ...truncate, ref: frame.id });
    services.cluster.broadcast(scope, truncate, outbox);
  }
  outbox.send({ type: "ack", id: frame.id, conversation, message, reply: replyId });
  let remembered: Promise<void> | undefined;
  if (frame.type !== "regenerate") {
    const stored: ArchivedMessage = {
      id: message,
      clientId: frame.id,
      role: "user",
      position,
      content: frame.content,
      at: turn.at,
    };
    const shown = wireMessage(stored, null);
    services.cluster.broadcast(scope, { type: "message", conversation, message: shown }, outbox);
    remembered = services.history.stored(scope, conversation, stored);
  }
  services.connections.attachAll(reply);
  services.connections.expect(scope, required(turn.tenant, "tenant").abandonSeconds);
  await remembered;
  return { reply, superseded: result.superseded };
}
