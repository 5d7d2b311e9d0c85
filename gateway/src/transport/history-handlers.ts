import { type ClientFrameOf, PROTOCOL_LIMITS } from "@parlance/protocol";
import { wireList, wireMessage, wireReply } from "../delivery/wire-messages.ts";
import type { MessagePage } from "../ports/archive.ts";
import type { ChatServices } from "./chat-services.ts";
import { refOf, refuse } from "./direct-answers.ts";
import { cancelAll } from "./reply-handlers.ts";
import type { SocketSession } from "./socket-session.ts";

/** Answers `open`: a conversation as it stands, or a new one. */
export async function open(
  frame: ClientFrameOf<"open">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const isNew = frame.conversation === "new";
  const conversation = isNew ? services.ids.next() : frame.conversation;
  if (isNew) await services.archive.forUser(principal).createConversation(conversation, services.clock.now());
  const page = await readPage(session, conversation, { limit: PROTOCOL_LIMITS.recentMessages }, services);
  if (page === null) return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  const running = services.replies.open(principal, conversation);
  const shown = wireList(page.messages, running);
  outbox.send({
    type: "conversation",
    ...refOf(frame),
    conversation,
    mode: "model",
    messages: shown.messages,
    more: page.more || shown.cut,
    replies: running.map(wireReply),
  });
}

/** Answers `history`: older messages. */
export async function history(
  frame: ClientFrameOf<"history">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const { conversation, before, limit = PROTOCOL_LIMITS.recentMessages } = frame;
  const wanted = { limit, ...(before === undefined ? {} : { before }) };
  const page = await readPage(session, conversation, wanted, services);
  if (page === null) return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  const shown = wireList(page.messages, services.replies.open(principal, conversation));
  outbox.send({
    type: "history",
    ...refOf(frame),
    conversation,
    messages: shown.messages,
    more: page.more || shown.cut,
  });
}

/** A page in which nothing changed while it was read, so that it and the live frames tell one story. */
async function readPage(
  session: SocketSession,
  conversation: string,
  page: { before?: string; limit: number },
  services: ChatServices,
): Promise<MessagePage | null> {
  for (;;) {
    const before = services.connections.revision(session.principal);
    const read = await services.history.page(session.principal, conversation, page);
    if (services.connections.revision(session.principal) === before) return read;
  }
}

/** Answers `conversations`: the user's, latest first. */
export async function conversations(
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

/** Clears a conversation: gone for the user and the model, on every socket; what runs in it is cancelled. */
export async function clear(
  frame: ClientFrameOf<"clear">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const { conversation } = frame;
  if (!(await services.archive.forUser(principal).clear(conversation, services.clock.now()))) {
    return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  }
  await services.history.changed(principal, conversation);
  services.connections.touch(principal);
  outbox.send({ type: "cleared", conversation });
  services.cluster.broadcast(principal, { type: "cleared", conversation }, outbox);
  try {
    await cancelAll(principal, { conversation }, services);
  } catch (error) {
    // It is cleared all the same, and whoever takes over what runs in it finds it so.
    services.log.warn(
      { err: error, conversation },
      "what runs in a cleared conversation could not be stopped",
    );
  }
  answerOk(frame, session);
}

/** Rates an answer, or takes the rating back. */
export async function feedback(
  frame: ClientFrameOf<"feedback">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { message, rating, comment } = frame;
  const archive = services.archive.forUser(session.principal);
  if (!(await archive.rate(message, rating, comment, services.clock.now()))) {
    return refuse(session, frame, "NOT_FOUND", "`message`: no such answer");
  }
  const conversation = await archive.conversationOf(message);
  if (conversation !== null) await services.history.reread(session.principal, conversation);
  answerOk(frame, session);
}

/** Notes in the conversation that a person is wanted, for everyone who reads it: the user's tabs and the tenant. */
export async function handoff(
  frame: ClientFrameOf<"handoff">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal } = session;
  const { conversation, reason } = frame;
  const archive = services.archive.forUser(principal);
  if ((await archive.messages(conversation, { limit: 1 })) === null) {
    return refuse(session, frame, "NOT_FOUND", "`conversation`: no such conversation");
  }
  const note = {
    id: services.ids.next(),
    role: "system" as const,
    content: reason === undefined ? "A person was asked for." : `A person was asked for: ${reason}`,
    at: services.clock.now(),
  };
  await archive.push(conversation, note);
  await services.history.reread(principal, conversation);
  services.connections.touch(principal);
  const shown = wireMessage({ ...note, position: 0 }, null);
  services.cluster.broadcast(principal, { type: "message", conversation, message: shown });
  services.log.info({ tenant: principal.tenant, conversation }, "a person was asked for");
  answerOk(frame, session);
}

function answerOk(frame: { readonly id?: string | undefined }, session: SocketSession): void {
  if (frame.id !== undefined) session.outbox.send({ type: "ok", ref: frame.id });
}
