import { type Model, modelByName } from "./models.ts";

/** The model that answers where a tenant's own has no key: it is always there. */
export const SIMULATOR = "simulator";

/**
 * The model that serves a tenant's choice: that model where its provider is configured, else the simulator.
 *
 * @param configured whether a provider has what it needs to be called
 */
export function servingModel(name: string, configured: (provider: string) => boolean): Model {
  const chosen = modelByName(name);
  if (chosen !== undefined && configured(chosen.provider)) return chosen;
  const simulator = modelByName(SIMULATOR);
  if (simulator === undefined) throw new Error("the model table has no simulator");
  return simulator;
}
