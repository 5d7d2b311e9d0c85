import type { Usage } from "@parlance/protocol";
import type { TenantPrices } from "../ports/registry-store.ts";
import type { Model, Prices } from "./models.ts";

/**
 * What one reply cost, in USD. What was read from the provider's prompt cache is priced as such; what was written
 * into it is not counted apart by the protocol, and priced as fresh input.
 *
 * @param prices the tenant's own prices of this model, over the table's
 */
export function replyCost(model: Model, usage: Usage, prices: TenantPrices | undefined): number {
  const { inputTokens, cachedInputTokens, outputTokens } = usage;
  const fresh = Math.max(0, inputTokens - cachedInputTokens);
  const { input, output, cachedInput } = { ...listPrices(model, inputTokens), ...prices };
  return (fresh * input + cachedInputTokens * cachedInput + outputTokens * output) / 1_000_000;
}

function listPrices({ prices, longPrompt }: Model, inputTokens: number): Prices {
  return longPrompt !== undefined && inputTokens > longPrompt.aboveTokens ? longPrompt.prices : prices;
}
