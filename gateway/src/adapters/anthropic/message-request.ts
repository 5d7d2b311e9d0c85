import type Anthropic from "@anthropic-ai/sdk";
import type { ModelRequest, ModelTurn } from "../../ports/model.ts";

type Parameters = Anthropic.MessageCreateParamsStreaming;
type Thinking = NonNullable<Parameters["thinking"]>;

/**
 * Below this many characters of prompt (some 1,024 tokens) no current model caches, so that marking the history
 * would do nothing.
 */
const CACHEABLE_CHARACTERS = 4_096;

/**
 * The least thinking that a model accepts, where it thinks unless told not to: a chat's first word should come
 * at once. Models that are not named always think, or think only when told to.
 */
const LEAST_THINKING: ReadonlyMap<string, Thinking> = new Map<string, Thinking>([
  ["claude-haiku-5-5", { type: "disabled" }],
  ["claude-sonnet-5-5", { type: "between_tools" }],
  ["claude-sonnet-5", { type: "disabled" }],
  ["claude-opus-5", { type: "disabled" }],
]);

/**
 * A request in Anthropic's words. Two points are marked for the prompt cache: the end of the system prompt,
 * which all of a tenant's conversations share, and, in a prompt long enough to be cached, the end of the last
 * turn, from which the next question of the same conversation reads on. Marks move no price where nothing is
 * cached.
 */
export function toMessageRequest(request: ModelRequest): Parameters {
  const thinking = LEAST_THINKING.get(request.model);
  const length = request.turns.reduce((sum, turn) => sum + turn.content.length, request.system.length);
  const last = request.turns.length - 1;
  return {
    model: request.model,
    max_tokens: request.maxOutputTokens,
    stream: true,
    messages: request.turns.map((turn, index) =>
      toMessage(turn, index === last && length >= CACHEABLE_CHARACTERS),
    ),
    ...(request.system.trim() === "" ? {} : { system: [marked(request.system)] }),
    ...(request.userDigest === undefined ? {} : { metadata: { user_id: request.userDigest } }),
    ...(thinking === undefined ? {} : { thinking }),
  };
}

function toMessage(turn: ModelTurn, mark: boolean): Anthropic.MessageParam {
  return { role: turn.role, content: mark ? [marked(turn.content)] : turn.content };
}

function marked(text: string): Anthropic.TextBlockParam {
  return { type: "text", text, cache_control: { type: "ephemeral" } };
}
