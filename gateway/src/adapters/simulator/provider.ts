import type { ModelProvider, ModelRequest, StreamSink } from "../../ports/model.ts";
import { writeAnswer } from "./answer.ts";
import { paced } from "./pace.ts";
import { countTokens, tokenPieces } from "./pieces.ts";

/** How the simulated model behaves. */
export interface SimulatorOptions {
  /** Its pace. Infinity answers at once. */
  readonly tokensPerSecond: number;
  /** Other seeds choose other words. 1. */
  readonly seed?: number;
}

/** Makes the provider of the simulated model, which needs no key, no network, and costs nothing. */
export function createSimulatorProvider({ tokensPerSecond, seed = 1 }: SimulatorOptions): ModelProvider {
  return {
    name: "simulator",
    stream: async (request: ModelRequest, sink: StreamSink, signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      const pieces = tokenPieces(answerTo(request, seed));
      const told = pieces.slice(0, request.maxOutputTokens);
      const inputTokens = countTokens(
        [request.system, ...request.turns.map((turn) => turn.content)].join("\n"),
      );
      const usage = { inputTokens, outputTokens: told.length, cachedInputTokens: 0 };
      sink({ type: "start", model: request.model, usage: { inputTokens, cachedInputTokens: 0 } });
      await paced({ count: told.length, perSecond: tokensPerSecond, signal }, (index) => {
        const text = told[index];
        if (text) sink({ type: "text", text });
      });
      sink({ type: "finish", reason: told.length < pieces.length ? "length" : "stop", usage });
    },
  };
}

/** The whole answer, or what is missing of one that an assistant's turn in last place has begun. */
function answerTo(request: ModelRequest, seed: number): string {
  const last = request.turns.at(-1);
  if (last?.role !== "assistant") return writeAnswer(request, seed);
  const whole = writeAnswer({ ...request, turns: request.turns.slice(0, -1) }, seed);
  return whole.startsWith(last.content) ? whole.slice(last.content.length) : whole;
}
