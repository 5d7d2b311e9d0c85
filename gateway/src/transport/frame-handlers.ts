import { type ClientFrame, type ClientFrameOf, PROTOCOL_LIMITS } from "@parlance/protocol";
import { TokenRefused } from "../tenants/principal.ts";
import type { ChatServices } from "./chat-services.ts";
import { refOf, refuse } from "./direct-answers.ts";
import { cancel, resume } from "./reply-handlers.ts";
import type { SocketSession } from "./socket-session.ts";
import { fitMessages, wireMessage, wireReply } from "./wire-messages.ts";

/** Handles one frame. What it returns is awaited before the socket's next frame takes effect. */
export function handleFrame(
  frame: ClientFrame,
  session: SocketSession,
  services: ChatServices,
): Promise<void> | undefined {
  switch (frame.type) {
    case "message":
    case "edit":
    case "regenerate":
      return services.pipeline.admit({
        principal: session.principal,
        frame,
        outbox: session.outbox,
        messageId: services.ids.next(),
        replyId: services.ids.next(),
        newConversation: services.ids.next(),
        at: services.clock.now(),
      });
    case "cancel":
      return cancel(frame, session, services);
    case "resume":
      return resume(frame, session, services);
    case "open":
      return open(frame, session, services);
    case "history":
      return history(frame, session, services);
    case "conversations":
      return conversations(frame, session, services);
    case "clear":
      return clear(frame, session, services);
    case "feedback":
      return feedback(frame, session, services);
    case "typing":
      typing(frame, session, services);
      return undefined;
    case "auth":
      return auth(frame, session, services);
    case "ping":
      session.outbox.send({
        type: "pong",
        ...refOf(frame),
        ...(frame.t === undefined ? {} : { t: frame.t }),
      });
      return undefined;
    case "handoff":
      refuse(session, frame, "UNSUPPORTED_TYPE", "handing over to a person is not offered here");
      return undefined;
    default:
      return frame satisfies never;
  }
}

async function open(
  frame: ClientFrameOf<"open">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const archive = services.archive.forUser(principal);
  const conversation = frame.conversation === "new" ? services.ids.next() : frame.conversation;
  if (frame.conversation === "new") await archive.createConversation(conversation, services.clock.now());
  const page = await archive.messages(conversation, { limit: PROTOCOL_LIMITS.recentMessages });
  if (page === null) return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  const shown = fitMessages(
    page.messages.map((message) => wireMessage(message, principal, services.replies)),
  );
  outbox.send({
    type: "conversation",
    ...refOf(frame),
    conversation,
    mode: "model",
    messages: shown.messages,
    more: page.more || shown.cut,
    replies: services.replies.open(principal, conversation).map(wireReply),
  });
}

async function history(
  frame: ClientFrameOf<"history">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const { conversation, before, limit = PROTOCOL_LIMITS.recentMessages } = frame;
  const page = await services.archive
    .forUser(principal)
    .messages(conversation, { limit, ...(before === undefined ? {} : { before }) });
  if (page === null) return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  const shown = fitMessages(
    page.messages.map((message) => wireMessage(message, principal, services.replies)),
  );
  outbox.send({
    type: "history",
    ...refOf(frame),
    conversation,
    messages: shown.messages,
    more: page.more || shown.cut,
  });
}

async function conversations(
  frame: ClientFrameOf<"conversations">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { before, limit = PROTOCOL_LIMITS.recentMessages } = frame;
  const page = await services.archive
    .forUser(session.principal)
    .conversations({ limit, ...(before === undefined ? {} : { before }) });
  session.outbox.send({
    type: "conversations",
    ...refOf(frame),
    conversations: page.conversations.map(({ id, title, at, preview }) => ({
      id,
      title,
      at: new Date(at).toISOString(),
      preview,
      unread: 0,
    })),
    next: page.next,
    more: page.next !== null,
  });
}

async function clear(
  frame: ClientFrameOf<"clear">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const { conversation } = frame;
  if (!(await services.archive.forUser(principal).clear(conversation, services.clock.now()))) {
    return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  }
  for (const reply of services.replies.open(principal, conversation))
    services.pipeline.stop(reply, "cancelled");
  await services.history.changed(principal, conversation);
  services.connections.touch(principal);
  outbox.send({ type: "cleared", conversation, ...refOf(frame) });
  services.connections.broadcast(principal, { type: "cleared", conversation }, outbox);
  if (frame.id !== undefined) outbox.send({ type: "ok", ref: frame.id });
}

async function feedback(
  frame: ClientFrameOf<"feedback">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { message, rating, comment } = frame;
  const archive = services.archive.forUser(session.principal);
  if (!(await archive.rate(message, rating, comment, services.clock.now()))) {
    return refuse(session, frame, "NOT_FOUND", "`message`: no such answer");
  }
  if (frame.id !== undefined) session.outbox.send({ type: "ok", ref: frame.id });
}

function typing(frame: ClientFrameOf<"typing">, session: SocketSession, services: ChatServices): void {
  const { conversation, active } = frame;
  if (conversation === undefined) return;
  services.connections.broadcast(
    session.principal,
    { type: "typing", conversation, active, by: "user" },
    session.outbox,
  );
}

async function auth(
  frame: ClientFrameOf<"auth">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal } = session;
  try {
    const renewed = await services.tokens.verify(frame.token);
    const same =
      renewed.tenant === principal.tenant &&
      renewed.user === principal.user &&
      renewed.site?.siteKey === principal.site?.siteKey &&
      renewed.site?.origin === principal.site?.origin;
    if (!same) {
      return refuse(session, frame, "FORBIDDEN", "`token`: it is for another tenant, user or site key");
    }
    session.renewed(renewed);
    if (frame.id === undefined) return;
    const expiresAt = new Date(renewed.expiresAt).toISOString();
    session.outbox.send({ type: "ok", ref: frame.id, expiresAt });
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    refuse(session, frame, error.code, `\`token\`: ${error.message}`);
  }
}
