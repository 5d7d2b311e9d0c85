import type { EndReason, Usage } from "@parlance/protocol";
import { ReplyOvertaken, ReplyStopped } from "../delivery/live-reply.ts";
import { estimatedUsage, estimateTokens } from "../llm/estimate-tokens.ts";
import { joinedUsage } from "../llm/go-on.ts";
import { ModelError, type ModelRequest, type StreamPart } from "../ports/model.ts";
import type { Services } from "./services.ts";
import { ANSWERED, type Answering, type AnswerResult, GO_ON, required, type StepOutcome } from "./turn.ts";

/** Streams the model's answer into the reply's log, until it ends, fails, or is stopped. */
export async function stream(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply } = turn;
  const { kept, log } = reply;
  const request = required(turn.request, "request");
  const provider = required(turn.provider, "provider");
  const model = required(turn.model, "model").name;
  let upFront: Partial<Usage> = {};
  const rereading = { inputTokens: estimateTokens(kept), outputTokens: 0 };
  let readAgain: Promise<void> | undefined;
  let finished: Extract<StreamPart, { type: "finish" }> | undefined;
  const asks = (inputTokens: number): void =>
    reply.asks({ model, inputTokens: joinedUsage({ ...NOTHING, inputTokens }, kept).inputTokens });
  const sink = (part: StreamPart): void => {
    switch (part.type) {
      case "text":
        if (!turn.signal.aborted && services.cluster.owns(reply)) reply.append(part.text);
        return;
      case "start":
        upFront = part.usage ?? {};
        if (upFront.inputTokens !== undefined) asks(upFront.inputTokens);
        // A model that goes on with an answer reads again what there is of it. This instance may die too: booked at once.
        if (kept !== "") readAgain = services.wasted(reply.scope.tenant, { ...rereading, model });
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
  // What came before may have waited for long, and another instance may have taken the reply over meanwhile.
  if (!services.cluster.owns(reply)) {
    turn.result = { model, usage: NOTHING, reason: "interrupted", trouble: null };
    return ANSWERED;
  }
  const before = log.seq;
  if (!turn.signal.aborted) asks(promptTokens(request));
  try {
    await provider.stream(request, sink, turn.signal);
    const end = required(finished, "finish");
    turn.result = { model, usage: joinedUsage(end.usage, kept), ...emptiness(end.reason, log.seq) };
    return GO_ON;
  } catch (error) {
    const { usage } = estimatedUsage(reply.attempt, log.text());
    const { cachedInputTokens = 0 } = upFront;
    turn.result = { model, usage: { ...usage, cachedInputTokens }, ...failure(error, turn, services) };
    turn.cannotGoOn = kept !== "" && log.seq === before && !turn.signal.aborted && isRefusal(error);
    return ANSWERED;
  } finally {
    await readAgain;
  }
}

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

function promptTokens({ system, turns }: ModelRequest): number {
  return turns.reduce((sum, turn) => sum + estimateTokens(turn.content), estimateTokens(system));
}

/** Whether a provider will not take what it is asked, however often. */
function isRefusal(error: unknown): boolean {
  return error instanceof ModelError && !error.retryable;
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
