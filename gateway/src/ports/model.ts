import type { ErrorCode, Usage } from "@parlance/protocol";

/** One turn of what a model is given. */
export interface ModelTurn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/**
 * What a model is asked. The last turn is a user's, or, for a model whose row in `llm/models.ts` says `prefill`, an
 * assistant's to be gone on with: other models refuse that.
 */
export interface ModelRequest {
  /** The model's own name at its provider, as `llm/models.ts` maps it. */
  readonly model: string;
  /** Empty is none. */
  readonly system: string;
  readonly turns: readonly ModelTurn[];
  /** The most tokens it may write. */
  readonly maxOutputTokens: number;
  /** A name for the user that is safe to hand to a provider: an opaque digest, never a `sub` or an e-mail. */
  readonly userDigest?: string;
}

/**
 * What a model's stream is made of, in order: `start`, then `text` and `reasoning`, then `finish`.
 * No provider's words pass an adapter.
 */
export type StreamPart =
  /** The call was taken. `usage` is what the provider said up front, where it did. */
  | { readonly type: "start"; readonly model: string; readonly usage?: Partial<Usage> }
  /** Answer text, never empty, never half a surrogate pair. One part is one chunk of the model. */
  | { readonly type: "text"; readonly text: string }
  /** What the model thinks aloud, not part of the answer. */
  | { readonly type: "reasoning"; readonly text: string }
  /**
   * The stream came to its own end. `usage` is the provider's final count: `inputTokens` is the whole prompt,
   * and `cachedInputTokens` the part of it that was read from the provider's prompt cache.
   */
  | { readonly type: "finish"; readonly reason: "stop" | "length"; readonly usage: Usage };

/** Takes the parts of a stream, in order, in the turn of the event loop in which they were read. */
export type StreamSink = (part: StreamPart) => void;

/** A provider of models. */
export interface ModelProvider {
  /** The provider's name in telemetry (`anthropic`, `simulator`): OpenTelemetry's `gen_ai.provider.name`. */
  readonly name: string;
  /**
   * Calls the model once, without retries, and feeds `sink` until the stream ends.
   *
   * Resolves after exactly one `finish`. Rejects with {@link ModelError} where the provider refused, failed
   * or cut the stream short of its end, and with `signal.reason` once the signal is aborted, after which
   * `sink` is not called again and the connection to the provider is gone.
   */
  stream(request: ModelRequest, sink: StreamSink, signal: AbortSignal): Promise<void>;
}

/** The codes a provider's trouble is told in. */
export type ModelErrorCode = Extract<
  ErrorCode,
  "UPSTREAM_ERROR" | "UPSTREAM_OVERLOADED" | "UPSTREAM_TIMEOUT" | "INTERNAL"
>;

/** A provider's refusal or failure. Whether it may be tried again is decided once, here. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;
  /** Whether the same call may succeed later. Never true once text has been delivered. */
  readonly retryable: boolean;
  /** Seconds the provider asked to wait, where it did. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { retryable: boolean; retryAfter?: number; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "ModelError";
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
  }
}
