import { expect, test } from "@jest/globals";
import { createRedisMessageLayer } from "../../../src/adapters/redis/message-layer.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { scopeOf } from "../support/scopes.ts";
import { turns } from "./messages.ts";
import { messageLayerSuite } from "./suite.ts";

onEveryRedis((running) => {
  messageLayerSuite(async (bounds) => {
    const { redis, pass } = running();
    return { layer: createRedisMessageLayer({ redis, bounds }), pass };
  });

  test.each([RECENT_LAYER, SESSION_LAYER])(
    "instances that add 200 at once to `$name` hold the latest, one command each",
    async (bounds) => {
      const { connect, commands } = running();
      const instances = await Promise.all(Array.from({ length: 4 }, connect));
      const layers = instances.map((redis) => createRedisMessageLayer({ redis, bounds }));
      const [layer] = layers;
      const scope = scopeOf("tenant", `many instances, ${bounds.name}`);
      const revision = (await layer?.read(scope, "c"))?.revision ?? 0;
      await layer?.refill(scope, "c", { messages: [], complete: true, revision });
      const before = (await commands()).get("evalsha") ?? 0;
      await Promise.all(turns(1, 100).map((message, index) => layers[index % 4]?.add(scope, "c", message)));
      expect(((await commands()).get("evalsha") ?? 0) - before).toBe(200);
      const held = await Promise.all(layers.map((each) => each.read(scope, "c")));
      for (const content of held) {
        expect(content).toMatchObject({
          messages: turns(1, 100).slice(-bounds.messages),
          complete: bounds.messages >= 200,
        });
      }
    },
  );
});
