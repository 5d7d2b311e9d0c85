/** USD per million tokens. */
export interface Prices {
  /** Fresh input. */
  readonly input: number;
  readonly output: number;
  /** Input read from the provider's prompt cache. */
  readonly cachedInput: number;
  /** Input written into the provider's prompt cache, at its shortest life (5 minutes at Anthropic). */
  readonly cacheWrite: number;
}

/** One model that a tenant can choose, as its provider described it on `asOf`. */
export interface Model {
  /** The name that tenants, frames and usage know it by. */
  readonly name: string;
  /** Which provider serves it: the `name` of a `ModelProvider`. */
  readonly provider: "anthropic" | "simulator";
  /** The model's own name at that provider: `ModelRequest.model`. */
  readonly providerModel: string;
  /** For people. */
  readonly displayName: string;
  /** Most tokens of prompt and answer together. */
  readonly contextTokens: number;
  /** Most tokens that one answer may have. */
  readonly maxOutputTokens: number;
  /** Whether it continues an assistant's turn in last place; most refuse it. */
  readonly prefill: boolean;
  readonly prices: Prices;
  /** Dearer prices of the whole call once its prompt has more than `aboveTokens`, where there are such. */
  readonly longPrompt?: { readonly aboveTokens: number; readonly prices: Prices };
  /** Where the row was read. */
  readonly source: string;
  /** When, as an ISO date: the row is right as of this day. */
  readonly asOf: string;
}

const SIMULATOR: Model = {
  name: "simulator",
  provider: "simulator",
  providerModel: "simulator",
  displayName: "Simulated model",
  contextTokens: 200_000,
  maxOutputTokens: 4_096,
  prefill: true,
  prices: { input: 0, output: 0, cachedInput: 0, cacheWrite: 0 },
  source: "built in",
  asOf: "2026-11-24",
};

/** Every model known, the cheapest Claude first, each row dated: prices change, and rows are replaced. */
export const MODELS: readonly Model[] = [
  {
    name: "claude-haiku-5-5",
    provider: "anthropic",
    providerModel: "claude-haiku-5-5",
    displayName: "Claude Haiku 5.5",
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    prefill: false,
    prices: { input: 0.1, output: 0.5, cachedInput: 0.01, cacheWrite: 0.125 },
    longPrompt: {
      aboveTokens: 100_000,
      prices: { input: 0.5, output: 2.5, cachedInput: 0.05, cacheWrite: 0.625 },
    },
    source: "https://platform.claude.com/docs/en/models/haiku-5-5/overview",
    asOf: "2026-11-24",
  },
  {
    name: "claude-sonnet-5-5",
    provider: "anthropic",
    providerModel: "claude-sonnet-5-5",
    displayName: "Claude Sonnet 5.5",
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    prefill: false,
    prices: { input: 2, output: 10, cachedInput: 0.2, cacheWrite: 2.5 },
    source: "https://platform.claude.com/docs/en/models/sonnet-5-5/overview",
    asOf: "2026-11-24",
  },
  {
    name: "claude-opus-5-5",
    provider: "anthropic",
    providerModel: "claude-opus-5-5",
    displayName: "Claude Opus 5.5",
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    prefill: false,
    prices: { input: 4, output: 20, cachedInput: 0.2, cacheWrite: 5 },
    source: "https://platform.claude.com/docs/en/models/opus-5-5/overview",
    asOf: "2026-11-24",
  },
  {
    name: "claude-haiku-4-5",
    provider: "anthropic",
    providerModel: "claude-haiku-4-5-20251001",
    displayName: "Claude Haiku 4.5",
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
    prefill: true,
    prices: { input: 1, output: 5, cachedInput: 0.1, cacheWrite: 1.25 },
    source: "https://platform.claude.com/docs/en/models/haiku-4-5/overview",
    asOf: "2026-11-24",
  },
  SIMULATOR,
];

const byName: ReadonlyMap<string, Model> = new Map(MODELS.map((model) => [model.name, model]));

/** The model of that name, or undefined where the table has none. */
export function modelByName(name: string): Model | undefined {
  return byName.get(name);
}

/** The name of the cheapest current Claude: the default where Claude is to be had and nobody chose. */
export const CHEAPEST_CLAUDE = "claude-haiku-5-5";

/** The name of the model that needs no key: the default where there is none. */
export const SIMULATED_MODEL = SIMULATOR.name;

/**
 * The model that answers where `name` was chosen: that one, where the table has it and its provider is there,
 * else the simulated one.
 *
 * @param serves whether a provider of that name is configured
 */
export function servingModel(name: string, serves: (provider: Model["provider"]) => boolean): Model {
  const chosen = byName.get(name);
  return chosen && serves(chosen.provider) ? chosen : SIMULATOR;
}
