import type { Services } from "./services.ts";
import { type Answering, GO_ON, required, type StepOutcome } from "./turn.ts";

/** Picks who serves the model. */
export function route(turn: Answering, services: Services): StepOutcome {
  const model = required(turn.model, "model");
  const provider = services.providers.get(model.provider);
  if (provider === undefined) throw new Error(`no provider serves ${model.name}`);
  turn.provider = provider;
  return GO_ON;
}
