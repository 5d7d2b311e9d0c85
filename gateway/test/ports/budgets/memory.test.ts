import { createMemoryBudgets } from "../../../src/adapters/memory/budgets.ts";
import { manualClock } from "../support/manual-clock.ts";
import { budgetsSuite } from "./suite.ts";

budgetsSuite(async () => {
  const clock = manualClock();
  return { budgets: createMemoryBudgets({ clock }), pass: clock.advance };
});
