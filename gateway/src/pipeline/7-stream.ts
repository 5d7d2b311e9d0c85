import type { EndReason, Usage } from "@parlance/protocol";
import { ReplyOvertaken, ReplyStopped } from "../delivery/live-reply.ts";
import { estimateTokens } from "../llm/estimate-tokens.ts";
import { ModelError, type ModelRequest, type StreamPart } from "../ports/model.ts";
import type { Services } from "./services.ts";
import { ANSWERED, type Answering, type AnswerResult, GO_ON, required, type StepOutcome } from "./turn.ts";

/** Streams the model's answer into the reply's log, until it ends, fails, or is stopped. */
export async function stream(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply } = turn;
  const request = required(turn.request, "request");
  const provider = required(turn.provider, "provider");
  const model = required(turn.model, "model").name;
  let upFront: Partial<Usage> = {};
  let finished: Extract<StreamPart, { type: "finish" }> | undefined;
  const sink = (part: StreamPart): void => {
    switch (part.type) {
      case "text":
        if (!turn.signal.aborted && services.cluster.owns(reply)) reply.append(part.text);
        return;
      case "start":
        upFront = part.usage ?? {};
        return;
      case "finish":
        finished = part;
        return;
      case "reasoning":
        return;
      default:
        part satisfies never;
    }
  };
  try {
    await provider.stream(request, sink, turn.signal);
    const end = required(finished, "finish");
    turn.result = { model, usage: end.usage, ...emptiness(end.reason, reply.log.seq) };
    return GO_ON;
  } catch (error) {
    turn.result = {
      model,
      usage: estimatedUsage(request, upFront, reply.log.text()),
      ...failure(error, turn, services),
    };
    return ANSWERED;
  }
}

function failure(
  error: unknown,
  turn: Answering,
  services: Services,
): Pick<AnswerResult, "reason" | "trouble"> {
  const { signal } = turn;
  const { id } = turn.reply;
  if (signal.aborted && signal.reason instanceof ReplyStopped)
    return { reason: signal.reason.reason, trouble: null };
  if (signal.reason instanceof ReplyOvertaken) return { reason: "interrupted", trouble: null };
  services.log.warn(
    { err: error, reply: id, tenant: turn.tenant.id, provider: turn.provider?.name },
    "the model's call failed",
  );
  if (error instanceof ModelError) {
    const { code, message, retryAfter } = error;
    return {
      reason: "error",
      trouble: { code, message, ...(retryAfter === undefined ? {} : { retryAfter }) },
    };
  }
  return { reason: "error", trouble: { code: "INTERNAL", message: "the answer could not be made" } };
}

/** A model that ends without a word has refused; a visitor is told so, rather than shown nothing. */
function emptiness(reason: EndReason, seq: number): Pick<AnswerResult, "reason" | "trouble"> {
  if (seq > 0) return { reason, trouble: null };
  return {
    reason: "error",
    trouble: { code: "UPSTREAM_ERROR", message: "the model gave no answer to this" },
  };
}

/** Tokens of a call without a final count: what the provider said up front, the rest by estimate. */
export function estimatedUsage(
  request: ModelRequest | undefined,
  upFront: Partial<Usage>,
  text: string,
): Usage {
  const asked =
    request === undefined
      ? 0
      : estimateTokens(request.system) +
        request.turns.reduce((sum, turn) => sum + estimateTokens(turn.content), 0);
  return {
    inputTokens: upFront.inputTokens ?? asked,
    outputTokens: estimateTokens(text),
    cachedInputTokens: upFront.cachedInputTokens ?? 0,
    estimated: true,
  };
}
