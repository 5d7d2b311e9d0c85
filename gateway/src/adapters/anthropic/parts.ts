import type { Usage } from "@parlance/protocol";
import type { StreamSink } from "../../ports/model.ts";
import { brokenStream, errorFromEvent } from "./errors.ts";
import { plainTextDelta } from "./text-delta.ts";
import { WholeCharacters } from "./whole-characters.ts";

/** Counts as Anthropic writes them; each may be absent or null. */
interface WireUsage {
  readonly input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
  readonly output_tokens?: unknown;
}

/** The fields of all events that we read. Nothing is taken for granted but that it is JSON. */
interface WireEvent {
  readonly type?: unknown;
  readonly message?: { readonly model?: unknown; readonly usage?: WireUsage };
  readonly content_block?: { readonly type?: unknown; readonly text?: unknown };
  readonly delta?: {
    readonly type?: unknown;
    readonly text?: unknown;
    readonly thinking?: unknown;
    readonly stop_reason?: unknown;
  };
  readonly usage?: WireUsage;
  readonly error?: { readonly type?: unknown };
}

/** All others mean that the model came to an end of its own: `end_turn`, `stop_sequence`, `refusal`, …. */
const CUT_SHORT: ReadonlySet<unknown> = new Set(["max_tokens", "model_context_window_exceeded"]);

/** Turns Anthropic's events into the parts of a stream. Throws a `ModelError` where the stream is broken. */
export class PartDecoder {
  readonly #sink: StreamSink;
  readonly #text = new WholeCharacters();
  readonly #thoughts = new WholeCharacters();
  #usage: WireUsage = {};
  #stopReason: unknown;
  #textDelivered: boolean = false;
  #finished: boolean = false;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  /** Whether the stream came to its own end; what follows is ignored. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Whether any answer text has gone out. */
  get textDelivered(): boolean {
    return this.#textDelivered;
  }

  /** Takes one event. */
  event(name: string, data: string): void {
    if (this.#finished) return;
    if (name === "content_block_delta") {
      const text = plainTextDelta(data);
      if (text !== undefined) {
        this.#deliverText(this.#text.push(text));
        return;
      }
    }
    const event = this.#parse(data);
    switch (event.type) {
      case "message_start":
        this.#start(event);
        return;
      case "content_block_start":
        this.#delta(event.content_block);
        return;
      case "content_block_delta":
        this.#delta(event.delta);
        return;
      case "content_block_stop":
        this.#flush();
        return;
      case "message_delta":
        this.#stopReason = event.delta?.stop_reason ?? this.#stopReason;
        this.#usage = merged(this.#usage, event.usage);
        return;
      case "message_stop":
        this.#finish();
        return;
      case "error":
        throw errorFromEvent(event.error?.type, this.#textDelivered);
      default:
      // `ping`, and events yet to be invented: Anthropic adds them without a new version.
    }
  }

  /** Takes the end of the body. */
  end(): void {
    if (!this.#finished) throw brokenStream("the provider's stream was cut", this.#textDelivered);
  }

  #parse(data: string): WireEvent {
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      // The parser's message quotes what it read, so it is not kept as the cause.
      throw brokenStream("the provider sent an event that is not JSON", this.#textDelivered);
    }
    return typeof event === "object" && event !== null ? event : {};
  }

  #start({ message }: WireEvent): void {
    this.#usage = merged(this.#usage, message?.usage);
    const { inputTokens, cachedInputTokens } = toUsage(this.#usage);
    const model = typeof message?.model === "string" ? message.model : "";
    this.#sink({ type: "start", model, usage: { inputTokens, cachedInputTokens } });
  }

  #delta(delta: WireEvent["content_block"] & WireEvent["delta"]): void {
    if (typeof delta?.text === "string") this.#deliverText(this.#text.push(delta.text));
    else if (typeof delta?.thinking === "string") this.#deliverThought(this.#thoughts.push(delta.thinking));
  }

  #flush(): void {
    this.#deliverText(this.#text.flush());
    this.#deliverThought(this.#thoughts.flush());
  }

  #deliverText(text: string): void {
    if (text === "") return;
    this.#textDelivered = true;
    this.#sink({ type: "text", text });
  }

  #deliverThought(text: string): void {
    if (text !== "") this.#sink({ type: "reasoning", text });
  }

  #finish(): void {
    if (this.#stopReason === undefined) {
      throw brokenStream("the provider's stream ended without a reason", this.#textDelivered);
    }
    this.#flush();
    this.#finished = true;
    const reason = CUT_SHORT.has(this.#stopReason) ? "length" : "stop";
    this.#sink({ type: "finish", reason, usage: toUsage(this.#usage) });
  }
}

/** Later counts are cumulative and replace earlier ones; null and absent ones say nothing. */
function merged(former: WireUsage, latter: WireUsage | undefined): WireUsage {
  const said = Object.entries(latter ?? {}).filter(([, value]) => typeof value === "number");
  return { ...former, ...Object.fromEntries(said) };
}

/**
 * Anthropic counts input three ways: fresh, written into the prompt cache, read from it. `inputTokens` is the
 * sum, all that the prompt had; `cachedInputTokens` is the part that was read from the cache.
 */
function toUsage(usage: WireUsage): Usage {
  const cachedInputTokens = count(usage.cache_read_input_tokens);
  return {
    inputTokens: count(usage.input_tokens) + count(usage.cache_creation_input_tokens) + cachedInputTokens,
    outputTokens: count(usage.output_tokens),
    cachedInputTokens,
  };
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
