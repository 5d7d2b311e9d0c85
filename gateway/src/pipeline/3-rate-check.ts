import { estimateTokens } from "../llm/estimate-tokens.ts";
import { effectiveLimits, userLimits } from "../tenants/tiers.ts";
import type { Services } from "./services.ts";
import { type Admission, GO_ON, refuse, required, type StepOutcome } from "./turn.ts";

const WORDS = {
  messagesPerMinute: "too many messages this minute",
  messagesPerHour: "too many messages this hour",
  concurrentStreams: "too many answers at once",
} as const;

/** Tokens that an answer is taken to need until it is there, with the prompt that it stands on. */
const ANSWER_TOKENS = 1_000;

const NO_SUCH_MESSAGE = refuse("NOT_FOUND", "`message`: no such message");
const ID_TAKEN = refuse("INVALID_FRAME", "`id`: this id was used for another message");

/** Takes a token from each bucket and a stream, or refuses. A message sent again is let through to be told so. */
export async function rateCheck(turn: Admission, services: Services): Promise<StepOutcome> {
  const { principal, frame } = turn;
  const archive = services.archive.forUser(principal);
  const conversation =
    frame.type === "message"
      ? (frame.conversation ?? (await archive.latestConversation()) ?? turn.newConversation)
      : await archive.conversationOf(frame.message);
  if (conversation === null) return (await sentBefore(turn, services)) ?? NO_SUCH_MESSAGE;
  const wait = principal.turns === undefined ? null : await services.gates.turn(principal.turns);
  if (wait !== null) {
    const refusal = refuse(
      "RATE_LIMITED",
      `too many messages from your network; try again in ${wait} s`,
      wait,
    );
    return (await sentBefore(turn, services)) ?? refusal;
  }
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
    return budgetCheck(turn, reservation, services);
  }
  const message = `${WORDS[admission.limit]}; try again in ${admission.retryAfter} s`;
  return (await sentBefore(turn, services)) ?? refuse(admission.code, message, admission.retryAfter);
}

/** Holds tokens of the tenant's month, and for a visitor of the site key's day. */
async function budgetCheck(turn: Admission, reservation: string, services: Services): Promise<StepOutcome> {
  const { principal, frame } = turn;
  const tenant = required(turn.tenant, "tenant");
  const { tokensPerMonth } = effectiveLimits(tenant);
  const key =
    principal.anonymous && principal.site !== undefined
      ? await services.directory.siteKey(principal.site.siteKey)
      : null;
  const asked = frame.type === "regenerate" ? 0 : estimateTokens(frame.content);
  const exhausted = await services.budget.reserve(
    { tenant: principal.tenant, tokensPerMonth, key },
    reservation,
    asked + ANSWER_TOKENS,
  );
  if (exhausted === null) return GO_ON;
  const { period, beginsAt } = exhausted;
  const wait = Math.max(1, Math.ceil((beginsAt - services.clock.now()) / 1000));
  const message =
    period === "month"
      ? `this month's answers are used up; there are new ones from ${new Date(beginsAt).toISOString().slice(0, 10)} on`
      : "today's answers are used up; please come back tomorrow";
  return (await sentBefore(turn, services)) ?? refuse("BUDGET_EXHAUSTED", message, wait);
}

/**
 * The answer to a message that was sent before, or null where it was not. An edit that was taken has superseded
 * the very message that it names, so that asking for that message tells nothing.
 */
async function sentBefore(turn: Admission, services: Services): Promise<StepOutcome | null> {
  const known = await services.archive.forUser(turn.principal).accepted(turn.frame.id);
  if (known === null) return null;
  if (known.digest !== turn.digest) return ID_TAKEN;
  return { next: false, duplicate: { outcome: "duplicate", ...known } };
}
