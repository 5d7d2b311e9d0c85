import { createAnthropicProvider } from "./adapters/anthropic/provider.ts";
import { createSimulatorProvider } from "./adapters/simulator/provider.ts";
import type { Config } from "./config.ts";
import type { ModelProvider } from "./ports/model.ts";

/** The providers of models that are configured, by name: the simulator always, others where there is a key. */
export function createProviders(config: Config): ReadonlyMap<string, ModelProvider> {
  const providers = new Map<string, ModelProvider>();
  const simulator = createSimulatorProvider({ tokensPerSecond: config.simulatorTokensPerSecond });
  providers.set(simulator.name, simulator);
  if (config.anthropic !== null) {
    const { apiKey, baseUrl } = config.anthropic;
    const anthropic = createAnthropicProvider({ apiKey, ...(baseUrl === null ? {} : { baseURL: baseUrl }) });
    providers.set(anthropic.name, anthropic);
  }
  return providers;
}
