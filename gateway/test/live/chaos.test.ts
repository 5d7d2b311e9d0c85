import { expect, test } from "@jest/globals";
import { SHORT_PLAN } from "../../../scripts/chaos/plan.ts";
import { runChaos } from "../../../scripts/chaos/run.ts";
import { testSeed } from "../ports/support/seed.ts";

const SEED = testSeed("chaos");

test(`whatever dies, sleeps or is away: every promise to users is kept, once (seed ${SEED})`, async () => {
  const { counts, failures, outages, troubles } = await runChaos(SHORT_PLAN, SEED);
  const said = { counts, outages, troubles: Object.fromEntries(troubles) };
  expect({ failures, ...said }).toEqual({ failures: [], ...said });
}, 90_000);
