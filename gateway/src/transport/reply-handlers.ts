import { type ClientFrameOf, PROTOCOL_LIMITS } from "@parlance/protocol";
import type { LiveReply } from "../delivery/live-reply.ts";
import type { Scope } from "../ports/scope.ts";
import type { ChatServices } from "./chat-services.ts";
import { refuse } from "./direct-answers.ts";
import type { SocketSession } from "./socket-session.ts";

/**
 * Stops what a `cancel` names: at once where it runs here, by its owner where it runs elsewhere, and `ok` where
 * it has ended.
 */
export function cancel(
  frame: ClientFrameOf<"cancel">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> | undefined {
  const meant = services.replies.open(session.principal).filter((reply) => isMeant(reply, frame));
  const here = meant.filter(({ owner }) => owner === null);
  for (const reply of here) services.pipeline.stop(reply, "cancelled");
  const one = frame.reply !== undefined || frame.message !== undefined;
  if (here.length === 0 || here.length < meant.length || !(one || services.cluster.alone)) {
    return cancelElsewhere(frame, session, services);
  }
  answerOk(frame, session);
  return undefined;
}

function isMeant(reply: LiveReply, { reply: id, message, conversation }: ClientFrameOf<"cancel">): boolean {
  return (
    (id === undefined || reply.id === id) &&
    (message === undefined || reply.message === message || reply.clientId === message) &&
    (conversation === undefined || reply.conversation === conversation)
  );
}

async function cancelElsewhere(
  frame: ClientFrameOf<"cancel">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal } = session;
  const archive = services.archive.forUser(principal);
  const { reply, message, conversation } = frame;
  if (reply !== undefined) {
    if ((await archive.reply(reply)) === null) {
      return refuse(session, frame, "NOT_FOUND", "`reply`: no such reply");
    }
    await services.cluster.stop(principal, reply, "cancelled");
  } else if (message !== undefined) {
    const answer = await archive.replyTo(message);
    if (answer === null) return refuse(session, frame, "NOT_FOUND", "`message`: no such message");
    await services.cluster.stop(principal, answer, "cancelled");
  } else {
    if (conversation !== undefined && (await archive.messages(conversation, { limit: 1 })) === null) {
      return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
    }
    await cancelAll(principal, conversation === undefined ? {} : { conversation }, services);
  }
  answerOk(frame, session);
}

/** Stops all of a user's replies, or a conversation's, wherever they run. */
export async function cancelAll(
  scope: Scope,
  { conversation }: { conversation?: string },
  services: ChatServices,
): Promise<void> {
  const owed = await services.archive.forUser(scope).openReplies(conversation);
  await Promise.all(owed.map(({ reply }) => services.cluster.stop(scope, reply, "cancelled")));
}

function answerOk(frame: ClientFrameOf<"cancel">, session: SocketSession): void {
  if (frame.id !== undefined) session.outbox.send({ type: "ok", ref: frame.id });
}

/** Sends what came after a chunk, then goes on live: from memory, from its owner, or from the archive once it ended. */
export function resume(
  frame: ClientFrameOf<"resume">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> | undefined {
  const live = services.replies.get(session.principal, frame.reply);
  if (live === null) return resumeUnknown(frame, session, services);
  resumeLive(frame, live, session);
  return undefined;
}

function resumeLive(frame: ClientFrameOf<"resume">, live: LiveReply, { outbox }: SocketSession): void {
  const snapshot = frame.epoch !== undefined && frame.epoch !== live.epoch;
  outbox.attach(live, { after: frame.after, snapshot });
}

async function resumeUnknown(
  frame: ClientFrameOf<"resume">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { archive, cluster, replies } = services;
  const stored = archive.forUser(session.principal);
  let state = await stored.reply(frame.reply);
  if (state?.state === "open") {
    // Its owner has not told of it yet.
    await cluster.sync(session.principal);
    state = await stored.reply(frame.reply);
  }
  const live = replies.get(session.principal, frame.reply);
  if (live !== null) return resumeLive(frame, live, session);
  const oldest = services.clock.now() - PROTOCOL_LIMITS.resumableSeconds * 1000;
  if (state?.state !== "ended" || state.end.at < oldest) {
    return refuse(session, frame, "NOT_FOUND", "`reply`: no such reply, or it ended too long ago");
  }
  const { reply, conversation, seq, epoch, content, reason, model, usage } = state.end;
  const { message } = state;
  const { outbox } = session;
  outbox.send({ type: "snapshot", reply, conversation, message, seq, epoch, content });
  outbox.send({
    type: "done",
    reply,
    conversation,
    message,
    seq,
    ...(epoch > 1 ? { epoch } : {}),
    reason,
    model,
    usage,
  });
}
