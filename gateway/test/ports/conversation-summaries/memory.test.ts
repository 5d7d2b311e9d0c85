import { expect, test } from "@jest/globals";
import { createMemoryConversationSummaries } from "../../../src/adapters/memory/conversation-summaries.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { conversationSummariesSuite } from "./suite.ts";

conversationSummariesSuite(async () => {
  const clock = manualClock();
  return {
    summaries: createMemoryConversationSummaries({ clock, maxConversations: 1_000 }),
    pass: clock.advance,
  };
});

test("the conversation claimed longest ago is forgotten for a new one", async () => {
  const summaries = createMemoryConversationSummaries({ clock: manualClock(), maxConversations: 2 });
  const scope = scopeOf("tenant", "user");
  for (const conversation of ["a", "b", "a", "c"]) {
    const claim = (await summaries.claim(scope, conversation, 60)) ?? "";
    await summaries.write(scope, conversation, { position: 1, text: conversation }, claim);
    await summaries.unclaim(scope, conversation, claim);
  }
  expect(await summaries.read(scope, "a")).not.toBeNull();
  expect(await summaries.read(scope, "b")).toBeNull();
  expect(await summaries.read(scope, "c")).not.toBeNull();
});
