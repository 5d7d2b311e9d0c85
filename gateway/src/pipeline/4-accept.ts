import { PROTOCOL_LIMITS } from "@parlance/protocol";
import { LiveReply } from "../delivery/live-reply.ts";
import { wireMessage } from "../delivery/wire-messages.ts";
import type { AcceptResult, ArchivedMessage } from "../ports/archive.ts";
import type { Services } from "./services.ts";
import { type Admission, type Answering, refuse, required, type StepOutcome } from "./turn.ts";

/** One reply runs, so many may wait. */
const OPEN_REPLIES = PROTOCOL_LIMITS.waitingReplies + 1;

/** Stores question and open reply in one transaction, acknowledges, and lets the answer begin as its own task. */
export async function accept(turn: Admission, services: Services): Promise<StepOutcome> {
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
    openLimit: OPEN_REPLIES,
  });
  switch (result.outcome) {
    case "accepted":
      return { next: false, accepted: await accepted(turn, result, services) };
    case "duplicate":
      return { next: false, duplicate: result };
    case "conflict":
      return refuse("INVALID_FRAME", "`id`: this id was used for another message");
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
    default:
      return result satisfies never;
  }
}

async function accepted(
  turn: Admission,
  result: Extract<AcceptResult, { outcome: "accepted" }>,
  services: Services,
): Promise<Answering> {
  const { frame, principal, outbox } = turn;
  const scope = { tenant: principal.tenant, user: principal.user };
  const { conversation, message, reply: replyId, position } = result;
  const reply = new LiveReply(
    { ...scope, conversation, message, reply: replyId, position, epoch: 1, kind: frame.type, at: turn.at },
    services.changed,
    frame.type === "regenerate" ? undefined : frame.id,
  );
  services.replies.add(reply);
  services.connections.touch(scope);
  if (result.truncatedAfter !== undefined) {
    const truncate = { type: "truncate", conversation, after: result.truncatedAfter } as const;
    outbox.send({ ...truncate, ref: frame.id });
    services.connections.broadcast(scope, truncate, outbox);
    for (const superseded of result.superseded) services.replies.get(scope, superseded)?.stop("cancelled");
    await services.history.changed(scope, conversation);
  }
  outbox.send({ type: "ack", id: frame.id, conversation, message, reply: replyId });
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
    services.connections.broadcast(scope, { type: "message", conversation, message: shown }, outbox);
    await services.history.stored(scope, conversation, stored);
  }
  services.connections.attachAll(reply);
  services.connections.expect(scope, required(turn.tenant, "tenant").abandonSeconds);
  return {
    reply,
    reservation: turn.reservation ?? null,
    tenant: required(turn.tenant, "tenant"),
  };
}
