import type { MessagesRequest } from "./validate.ts";

/** The counts of input that Anthropic tells at the start of an answer. */
export interface InputUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

/** Prompts shorter than this are never cached, and nothing says so. */
const SHORTEST = 1_024;
const MOST_PREFIXES = 10_000;

const countTokens = (text: string): number => Math.ceil(text.length / 4);

/** Counts a request's input, and remembers prefixes that end in a `cache_control` as the prompt cache does. */
export class PromptCache {
  readonly #prefixes = new Set<string>();

  count({ model, system, messages }: MessagesRequest): InputUsage {
    let prefix = "";
    let read = 0;
    let written = 0;
    for (const block of [system, ...messages.map((message) => message.content)].flat()) {
      prefix += block.text ?? "";
      const tokens = countTokens(prefix);
      if (block.cache_control === undefined || tokens < SHORTEST) continue;
      const key = `${model}\n${prefix}`;
      if (this.#prefixes.has(key)) read = tokens;
      else {
        written = tokens;
        this.#prefixes.add(key);
      }
    }
    if (this.#prefixes.size > MOST_PREFIXES) this.#prefixes.clear();
    const cached = Math.max(read, written);
    return {
      input_tokens: countTokens(prefix) - cached,
      cache_creation_input_tokens: cached - read,
      cache_read_input_tokens: read,
    };
  }
}
