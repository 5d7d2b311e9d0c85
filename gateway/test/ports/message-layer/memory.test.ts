import { expect, test } from "@jest/globals";
import { createMemoryMessageLayer } from "../../../src/adapters/memory/message-layer.ts";
import { manualClock } from "../support/manual-clock.ts";
import { scopeOf } from "../support/scopes.ts";
import { turns } from "./messages.ts";
import { messageLayerSuite } from "./suite.ts";

messageLayerSuite(async (bounds) => {
  const clock = manualClock();
  return { layer: createMemoryMessageLayer({ bounds, clock, maxConversations: 1_000 }), pass: clock.advance };
});

test("the conversation unused for longest is forgotten for a new one, and its late refill is dropped", async () => {
  const bounds = { name: "recent", messages: 10, seconds: 60 } as const;
  const layer = createMemoryMessageLayer({ bounds, clock: manualClock(), maxConversations: 2 });
  const scope = scopeOf("tenant", "user");
  const fill = async (conversation: string): Promise<number> => {
    const { revision } = await layer.read(scope, conversation);
    await layer.refill(scope, conversation, { messages: turns(1, 1), complete: true, revision });
    return revision;
  };
  await fill("a");
  const revision = await fill("b");
  await layer.read(scope, "a");
  await fill("c");
  expect((await layer.read(scope, "a")).messages).toEqual(turns(1, 1));
  await layer.refill(scope, "b", { messages: turns(1, 1), complete: true, revision });
  expect((await layer.read(scope, "b")).messages).toBeNull();
});
