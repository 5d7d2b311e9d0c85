import { userLimits } from "../tenants/tiers.ts";
import type { Services } from "./services.ts";
import { type Admission, GO_ON, refuse, required, type StepOutcome } from "./turn.ts";

const WORDS = {
  messagesPerMinute: "too many messages this minute",
  messagesPerHour: "too many messages this hour",
  concurrentStreams: "too many answers at once",
} as const;

/** Takes a token from each bucket and a stream, or refuses. A message sent again is let through to be told so. */
export async function rateCheck(turn: Admission, services: Services): Promise<StepOutcome> {
  const { principal, frame } = turn;
  const archive = services.archive.forUser(principal);
  const conversation =
    frame.type === "message"
      ? (frame.conversation ?? (await archive.latestConversation()) ?? turn.newConversation)
      : await archive.conversationOf(frame.message);
  if (conversation === null) return refuse("NOT_FOUND", "`message`: no such message");
  const reservation = turn.replyId;
  const admission = await services.limiter.admit({
    tenant: principal.tenant,
    user: principal.user,
    reservation,
    conversation,
    limits: userLimits(required(turn.tenant, "tenant")),
  });
  if (admission.admitted) {
    turn.reservation = reservation;
    return GO_ON;
  }
  const known = await archive.accepted(frame.id);
  if (known !== null && known.digest === turn.digest)
    return { next: false, duplicate: { outcome: "duplicate", ...known } };
  const message = `${WORDS[admission.limit]}; try again in ${admission.retryAfter} s`;
  return refuse(admission.code, message, admission.retryAfter);
}
