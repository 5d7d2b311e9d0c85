import { createHash } from "node:crypto";
import { assembleContext } from "../history/context.ts";
import { afterSummary, withSummary } from "../history/summary.ts";
import { estimateTokens } from "../llm/estimate-tokens.ts";
import { goOnTurns } from "../llm/go-on.ts";
import { servingModel } from "../llm/models.ts";
import type { ModelRequest } from "../ports/model.ts";
import { scopeKey } from "../tenants/scope.ts";
import type { Services } from "./services.ts";
import type { Answering } from "./turn.ts";

/** Most tokens of an answer, where the model could write more. */
const ANSWER_TOKENS = 4_096;

/**
 * What the model is asked: the tenant's prompt, then as much of the conversation as its window holds, and where a
 * lost attempt has begun the answer, to go on with it. Null where the question was superseded or cleared meanwhile.
 */
export async function prepareRequest(turn: Answering, services: Services): Promise<ModelRequest | null> {
  const { reply, tenant } = turn;
  const model = servingModel(tenant.model, (provider) => services.providers.has(provider));
  turn.model = model;
  const { messages, summary } = await services.history.upTo(reply.scope, reply);
  if (messages.length === 0) return null;
  const system = withSummary(tenant.systemPrompt, summary);
  const goOn = reply.kept === "" ? [] : goOnTurns(reply.kept, model.prefill);
  const most = Math.min(ANSWER_TOKENS, model.maxOutputTokens);
  const taken = goOn.reduce((sum, { content }) => sum + estimateTokens(content), estimateTokens(system));
  const turns = assembleContext(afterSummary(messages, summary), {
    tokens: model.contextTokens - most - taken,
    estimate: estimateTokens,
  });
  return {
    model: model.providerModel,
    system,
    turns: [...turns, ...goOn],
    maxOutputTokens: Math.max(1, most - estimateTokens(reply.kept)),
    userDigest: createHash("sha256").update(scopeKey(reply.scope)).digest("hex").slice(0, 32),
  };
}
