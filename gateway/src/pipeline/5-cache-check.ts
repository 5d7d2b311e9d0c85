import { answerDigest } from "../cache/answer-digest.ts";
import type { CachedAnswer } from "../ports/answer-cache.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { Services } from "./services.ts";
import { ANSWERED, type Answering, GO_ON, required, type StepOutcome } from "./turn.ts";

const NOTHING = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

/** An answer to exactly this question in exactly this context, if there is one. What was edited or regenerated never looks. */
export async function cacheCheck(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply, tenant } = turn;
  const request = await prepareRequest(turn, services);
  if (request === null) {
    // Who took that has cancelled it, and is only not heard yet.
    const model = required(turn.model, "model").name;
    turn.result = { reason: "cancelled", model, usage: NOTHING, trouble: null };
    return ANSWERED;
  }
  turn.request = request;
  if (!tenant.cache.exact || reply.kind !== "message" || reply.kept !== "") return GO_ON;
  turn.cacheDigest = answerDigest(request);
  const answer = await cached(turn.cacheDigest, turn, services);
  if (answer === null || turn.signal.aborted) return GO_ON;
  reply.answerFromCache(answer.content);
  delete turn.cacheDigest;
  turn.result = {
    reason: "stop",
    model: answer.model,
    usage: NOTHING,
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
