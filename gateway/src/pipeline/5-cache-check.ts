import { answerDigest } from "../cache/answer-digest.ts";
import type { CachedAnswer } from "../ports/answer-cache.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { Services } from "./services.ts";
import { ANSWERED, type Answering, GO_ON, type StepOutcome } from "./turn.ts";

/** An answer to exactly this question in exactly this context, if there is one. What was edited or regenerated never looks. */
export async function cacheCheck(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply, tenant } = turn;
  turn.request = await prepareRequest(turn, services);
  if (!tenant.cache.exact || reply.kind !== "message" || reply.kept !== "") return GO_ON;
  turn.cacheDigest = answerDigest(turn.request);
  const answer = await cached(turn.cacheDigest, turn, services);
  if (answer === null || turn.signal.aborted) return GO_ON;
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

/** What the cache has. One that is away has nothing. */
async function cached(digest: string, turn: Answering, services: Services): Promise<CachedAnswer | null> {
  const { tenant } = turn.reply.scope;
  try {
    return await services.answerCache.forTenant(tenant).get(digest);
  } catch (error) {
    services.log.warn({ err: error, tenant }, "the answer cache cannot be read");
    return null;
  }
}
