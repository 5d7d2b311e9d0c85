import type { InputUsage } from "./prompt-cache.ts";

/** One server-sent event as it goes over the wire. */
export const sse = (type: string, json: string): string => `event: ${type}\ndata: ${json}\n\n`;

/** The event that opens a stream. */
export function messageStart(id: string, model: string, usage: InputUsage): string {
  const message = {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1, service_tier: "standard" },
  };
  return sse("message_start", JSON.stringify({ type: "message_start", message }));
}

/** The event that opens a content block. */
export function blockStart(index: number, block: Readonly<Record<string, unknown>>): string {
  return sse(
    "content_block_start",
    JSON.stringify({ type: "content_block_start", index, content_block: block }),
  );
}

/** A piece of a text block. `json` is the text as a JSON string. */
export function textDelta(index: number, json: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":${json}}}\n\n`;
}

/** A piece of a thinking block. */
export function thinkingDelta(index: number, text: string): string {
  const delta = { type: "thinking_delta", thinking: text };
  return sse("content_block_delta", JSON.stringify({ type: "content_block_delta", index, delta }));
}

/** The event that closes a content block. */
export const blockStop = (index: number): string =>
  sse("content_block_stop", `{"type":"content_block_stop","index":${index}}`);

/** The sign of life. */
export const PING = sse("ping", '{"type": "ping"}');

/** The two events that close a stream. */
export function messageEnd(reason: string, usage: InputUsage, outputTokens: number): string {
  const delta = { stop_reason: reason, stop_sequence: null };
  return (
    sse(
      "message_delta",
      JSON.stringify({ type: "message_delta", delta, usage: { ...usage, output_tokens: outputTokens } }),
    ) + sse("message_stop", '{"type":"message_stop"}')
  );
}

/** The body of an error, in an answer or in an `error` event. */
export function errorBody(type: string, message: string, requestId: string): string {
  return JSON.stringify({ type: "error", error: { type, message }, request_id: requestId });
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The error type that goes with a status. */
export const errorTypeOf = (status: number): string =>
  ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
