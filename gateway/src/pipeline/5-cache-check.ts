import { answerDigest } from "../cache/answer-digest.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { Services } from "./services.ts";
import { ANSWERED, type Answering, GO_ON, type StepOutcome } from "./turn.ts";

/** An answer to exactly this question in exactly this context, if there is one. What was edited or regenerated never looks. */
export async function cacheCheck(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply, tenant } = turn;
  turn.request = await prepareRequest(turn, services);
  if (!tenant.cache.exact || reply.kind !== "message") return GO_ON;
  turn.cacheDigest = answerDigest(turn.request);
  const answer = await services.answerCache.forTenant(reply.scope.tenant).get(turn.cacheDigest);
  if (answer === null || reply.signal.aborted) return GO_ON;
  reply.answerFromCache(answer.content);
  delete turn.cacheDigest;
  turn.result = {
    reason: "stop",
    model: answer.model,
    usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
    trouble: null,
  };
  return ANSWERED;
}
