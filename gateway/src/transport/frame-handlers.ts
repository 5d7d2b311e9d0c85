import type { ClientFrame, ClientFrameOf } from "@parlance/protocol";
import { KeysUnavailable } from "../tenants/jwks.ts";
import { TokenRefused } from "../tenants/principal.ts";
import type { ChatServices } from "./chat-services.ts";
import { refOf, refuse } from "./direct-answers.ts";
import { clear, conversations, feedback, handoff, history, open } from "./history-handlers.ts";
import { cancel, resume } from "./reply-handlers.ts";
import type { SocketSession } from "./socket-session.ts";

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
      return typing(frame, session, services);
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
      return handoff(frame, session, services);
    default:
      return frame satisfies never;
  }
}

async function typing(
  frame: ClientFrameOf<"typing">,
  session: SocketSession,
  services: ChatServices,
): Promise<void> {
  const { principal, outbox } = session;
  const conversation = frame.conversation ?? (await services.archive.forUser(principal).latestConversation());
  if (conversation === null) return;
  const { active } = frame;
  services.cluster.broadcast(principal, { type: "typing", conversation, active, by: "user" }, outbox);
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
    if (error instanceof KeysUnavailable)
      return refuse(session, frame, "INTERNAL", `\`token\`: ${error.message} now`, 5);
    if (!(error instanceof TokenRefused)) throw error;
    refuse(session, frame, error.code, `\`token\`: ${error.message}`);
  }
}
