import Anthropic from "@anthropic-ai/sdk";
import type { ModelProvider, ModelRequest, StreamSink } from "../../ports/model.ts";
import { BodyCut, readBody } from "./body.ts";
import { brokenStream, silentFor, toModelError } from "./errors.ts";
import { createHttpFetch, type Fetch } from "./http-fetch.ts";
import { EndlessLine, LineDecoder } from "./lines.ts";
import { toMessageRequest } from "./message-request.ts";
import { PartDecoder } from "./parts.ts";
import { EventDecoder } from "./sse.ts";
import { type Patience, Watchdog } from "./watchdog.ts";

/** How Anthropic is reached. */
export interface AnthropicOptions {
  readonly apiKey: string;
  /** Where the API is, without `/v1`. Anthropic's own. */
  readonly baseURL?: string;
  /** What makes the requests, instead of `node:http`. */
  readonly fetch?: Fetch;
  /** How long to wait for events. */
  readonly patience?: Partial<Patience>;
}

const PATIENCE: Patience = { firstEvent: 30_000, nextEvent: 60_000 };

/** Makes the provider of Claude models. It holds no connection but idle ones, and nothing to close. */
export function createAnthropicProvider(options: AnthropicOptions): ModelProvider {
  const patience: Patience = { ...PATIENCE, ...options.patience };
  const client = new Anthropic({
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? "https://api.anthropic.com",
    fetch: options.fetch ?? createHttpFetch(),
    maxRetries: 0,
    // The SDK's log lines would hold prompts, and its spans double ours.
    logLevel: "off",
    openTelemetry: false,
  });
  return {
    name: "anthropic",
    stream: (request, sink, signal) => streamOnce({ client, patience, request, sink, signal }),
  };
}

interface Call {
  readonly client: Anthropic;
  readonly patience: Patience;
  readonly request: ModelRequest;
  readonly sink: StreamSink;
  readonly signal: AbortSignal;
}

async function streamOnce({ client, patience, request, sink, signal }: Call): Promise<void> {
  signal.throwIfAborted();
  // The SDK leaves its listener on the signal it is given when it hands over a raw response, so it is given
  // one of this call's own, which the caller's signal and the watchdog abort.
  const call = new AbortController();
  const abort = (): void => call.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });

  const parts = new PartDecoder((part) => {
    if (!call.signal.aborted) sink(part);
  });
  const watchdog = new Watchdog(patience, (milliseconds) =>
    call.abort(silentFor(milliseconds, parts.textDelivered)),
  );
  const events = new EventDecoder((name, data) => {
    watchdog.seen();
    parts.event(name, data);
    if (parts.finished) watchdog.last();
  });
  const lines = new LineDecoder((line) => events.line(line));

  try {
    const response = await client.messages
      .create(toMessageRequest(request), { signal: call.signal })
      .asResponse();
    await readBody(response, (bytes) => lines.push(bytes), call.signal);
    parts.end();
  } catch (error) {
    // After the stream's own end, how the connection ends is of no account.
    if (parts.finished) return;
    if (call.signal.aborted) throw call.signal.reason;
    throw toModelError(inOurWords(error, parts.textDelivered), parts.textDelivered);
  } finally {
    watchdog.stop();
    signal.removeEventListener("abort", abort);
  }
}

function inOurWords(error: unknown, textDelivered: boolean): unknown {
  if (error instanceof BodyCut) {
    return brokenStream("the provider's stream was cut", textDelivered, error.cause);
  }
  if (error instanceof EndlessLine) return brokenStream(error.message, textDelivered);
  return error;
}
