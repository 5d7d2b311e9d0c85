import { expect, test } from "@jest/globals";
import { createMemoryConversationLeases } from "../../../src/adapters/memory/conversation-leases.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { conversationLeasesSuite } from "./suite.ts";

const DAY = 24 * 60 * 60 * 1000;

conversationLeasesSuite(async () => {
  const clock = manualClock();
  const leases = createMemoryConversationLeases({ clock });
  return { here: leases, there: leases, tick: () => clock.advance(10) };
});

test("an epoch is remembered for a day after its lease was used last", async () => {
  const clock = manualClock();
  const leases = createMemoryConversationLeases({ clock });
  const scope = scopeOf("tenant", "user");
  const take = (conversation: string) =>
    leases.acquire(scope, conversation, "mine", { seconds: 8, above: 0 });
  await take("forgotten");
  clock.advance(10_000);
  await take("remembered");
  clock.advance(DAY - 1);
  await take("another");
  expect(await take("remembered")).toEqual({ instance: "mine", epoch: 2 });
  expect(await take("forgotten")).toEqual({ instance: "mine", epoch: 1 });
});
