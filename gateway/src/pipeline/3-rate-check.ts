import type { WantedTurn } from "../limits/turn-reservations.ts";
import { estimateTokens } from "../llm/estimate-tokens.ts";
import { effectiveLimits, userLimits } from "../tenants/tiers.ts";
import type { Services } from "./services.ts";
import { type Admission, GO_ON, ID_TAKEN, refuse, required, type StepOutcome, sentBefore } from "./turn.ts";

/** Tokens that an answer is taken to need until it is there, with the prompt that it stands on. */
const ANSWER_TOKENS = 1_000;

const NO_SUCH_MESSAGE = refuse("NOT_FOUND", "`message`: no such message");

/** Holds what the turn takes of limits and budgets, or refuses. A message sent again is let through to be told so. */
export async function rateCheck(turn: Admission, services: Services): Promise<StepOutcome> {
  const { principal, frame } = turn;
  const archive = services.archive.forUser(principal);
  const conversation =
    frame.type === "message"
      ? (frame.conversation ?? (await archive.latestConversation()) ?? turn.newConversation)
      : await archive.conversationOf(frame.message);
  if (conversation === null) return (await knownBefore(turn, services)) ?? NO_SUCH_MESSAGE;
  const wait = principal.turns === undefined ? null : await services.gates.turn(principal.turns);
  if (wait !== null) {
    const refusal = refuse(
      "RATE_LIMITED",
      `too many messages from your network; try again in ${wait} s`,
      wait,
    );
    return (await knownBefore(turn, services)) ?? refusal;
  }
  const wanted = await wantedBy(turn, conversation, services);
  const refusal = await services.reservations.reserve(wanted);
  if (refusal === null) {
    turn.reserved = wanted;
    return GO_ON;
  }
  return (await knownBefore(turn, services)) ?? refuse(refusal.code, refusal.message, refusal.retryAfter);
}

async function wantedBy(
  { principal, frame, tenant, replyId }: Admission,
  conversation: string,
  services: Services,
): Promise<WantedTurn> {
  const record = required(tenant, "tenant");
  const { tokensPerMonth, tenant: ceilings } = effectiveLimits(record);
  const key =
    principal.anonymous && principal.site !== undefined
      ? await services.directory.siteKey(principal.site.siteKey)
      : null;
  const asked = frame.type === "regenerate" ? 0 : estimateTokens(frame.content);
  return {
    scope: { tenant: principal.tenant, user: principal.user },
    reservation: replyId,
    conversation,
    limits: userLimits(record),
    ceilings,
    budget: { tenant: principal.tenant, tokensPerMonth, key },
    tokens: asked + ANSWER_TOKENS,
  };
}

/**
 * The answer to a message that was sent before, or null where it was not. An edit that was taken has superseded
 * the very message that it names, so that asking for that message tells nothing.
 */
async function knownBefore(turn: Admission, services: Services): Promise<StepOutcome | null> {
  const known = await services.archive.forUser(turn.principal).accepted(turn.frame.id);
  if (known === null) return null;
  if (known.digest !== turn.digest) return ID_TAKEN;
  return sentBefore(turn.frame, known);
}
