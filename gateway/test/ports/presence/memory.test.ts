import { expect, test } from "@jest/globals";
import { createMemoryPresenceStore } from "../../../src/adapters/memory/presence.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { presenceSuite } from "./suite.ts";

presenceSuite(async () => {
  const clock = manualClock();
  return { presence: createMemoryPresenceStore({ clock }), tick: () => clock.advance(10) };
});

test("a lease runs out to the millisecond", async () => {
  const clock = manualClock();
  const presence = createMemoryPresenceStore({ clock });
  const scope = scopeOf("tenant", "user");
  await presence.register(scope, "mine", 8);
  clock.advance(7_999);
  expect(await presence.instancesOf(scope)).toEqual(["mine"]);
  clock.advance(1);
  expect(await presence.instancesOf(scope)).toEqual([]);
});
