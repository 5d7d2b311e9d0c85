import type { Directives } from "./directives.ts";
import { readAsked, tokensAfter } from "./go-on.ts";
import type { InputUsage } from "./prompt-cache.ts";
import { simulatedTokens } from "./text.ts";
import type { MessagesRequest } from "./validate.ts";
import {
  blockStart,
  blockStop,
  messageEnd,
  messageStart,
  PING,
  sse,
  textDelta,
  thinkingDelta,
} from "./wire.ts";

/** One event with answer text, or an event that comes with it. */
export interface Step {
  readonly event: string;
  /** Tokens of the answer in it. */
  readonly tokens: number;
}

/** Everything that a stream will say, before any of it is said. */
export interface Plan {
  readonly opening: string;
  readonly steps: readonly Step[];
  /** How it goes on after the steps. */
  readonly ending: "whole" | "cut" | "end" | "error" | "stall";
  readonly closing: string;
  /** The text, as the steps have it. */
  readonly text: string;
  readonly stopReason: string;
  readonly outputTokens: number;
}

const SURROGATE_SEAM = /(?<=[\ud800-\udbff])(?=[\udc00-\udfff])/;

/** Works out a stream from a request and its directives. */
export function planStream(
  request: MessagesRequest,
  directives: Directives & { readonly seed: number },
  messageId: string,
  usage: InputUsage,
): Plan {
  const wanted = tokensAfter(simulatedTokens(directives.seed, directives.tokens), readAsked(request).begun);
  const count = Math.min(wanted.length, request.max_tokens);
  const stopReason = directives.stop ?? (count < wanted.length ? "max_tokens" : "end_turn");
  const { ending, after } = firstTrouble(directives, count);
  const tokens = wanted.slice(0, count);
  const thoughts = simulatedTokens(directives.seed + 1, directives.thinking);
  const index = thoughts.length > 0 ? 1 : 0;
  const steps: Step[] = thoughts.map((text) => ({ event: thinkingDelta(0, text), tokens: 0 }));
  if (index > 0) {
    const signature = {
      type: "content_block_delta",
      index: 0,
      delta: { type: "signature_delta", signature: "c2ln" },
    };
    const seam = sse("content_block_delta", JSON.stringify(signature)) + blockStop(0);
    steps.push({ event: seam + blockStart(index, { type: "text", text: "" }), tokens: 0 });
  }
  for (let at = 0; at < after; at += directives.chunk) {
    const piece = tokens.slice(at, Math.min(at + directives.chunk, after));
    const parts = directives.halves ? piece.join("").split(SURROGATE_SEAM) : [piece.join("")];
    const events = parts.map((part) => textDelta(index, JSON.stringify(part)));
    steps.push({ event: events.join(""), tokens: piece.length });
  }
  const block = index > 0 ? { type: "thinking", thinking: "", signature: "" } : { type: "text", text: "" };
  const outputTokens = count + directives.thinking;
  return {
    opening: messageStart(messageId, request.model, usage) + blockStart(0, block) + PING,
    steps,
    ending,
    closing: blockStop(index) + messageEnd(stopReason, usage, outputTokens),
    text: tokens.join(""),
    stopReason,
    outputTokens,
  };
}

/** What ends the stream first, and after how many tokens. */
function firstTrouble(directives: Directives, count: number): { ending: Plan["ending"]; after: number } {
  const troubles = [
    { ending: "cut", after: directives.cutAfter },
    { ending: "end", after: directives.endAfter },
    { ending: "error", after: directives.errorAfter },
    { ending: "stall", after: directives.stallAfter },
  ] as const;
  let first: { ending: Plan["ending"]; after: number } = { ending: "whole", after: count };
  for (const { ending, after } of troubles) {
    if (after !== undefined && after < first.after) first = { ending, after };
  }
  return first;
}
