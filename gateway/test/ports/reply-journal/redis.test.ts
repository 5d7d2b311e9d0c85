import { expect, test } from "@jest/globals";
import { createRedisReplyJournal } from "../../../src/adapters/redis/reply-journal.ts";
import { onEveryRedis } from "../support/on-every-redis.ts";
import { scopeOf } from "../support/scopes.ts";
import { replyJournalSuite } from "./suite.ts";

const DAY = 24 * 60 * 60 * 1000;

onEveryRedis((running) => {
  replyJournalSuite(async () => {
    const { redis, wipe } = running();
    await wipe();
    return { journal: createRedisReplyJournal({ redis }), close: async () => undefined };
  });

  test("a batch is one command a reply, however many entries it has, also where scripts were forgotten", async () => {
    const { redis, commands, forgetScripts } = running();
    const journal = createRedisReplyJournal({ redis });
    const entries = Array.from({ length: 600 }, (_, number) => ({
      ...scopeOf("tenant", `user ${number % 200}`),
      reply: "batched",
      epoch: 1,
      seq: number + 1,
      text: `${number} `,
    }));
    await journal.append(entries.slice(0, 200));
    await forgetScripts();
    await journal.append(entries.slice(0, 400));
    const before = (await commands()).get("evalsha") ?? 0;
    await journal.append(entries);
    expect(((await commands()).get("evalsha") ?? 0) - before).toBe(200);
    const held = await Promise.all(
      Array.from({ length: 200 }, (_, user) => journal.read(scopeOf("tenant", `user ${user}`), "batched")),
    );
    expect(held).toEqual(
      held.map((_, user) => ({ epoch: 1, seq: user + 401, text: `${user} ${user + 200} ${user + 400} ` })),
    );
  });

  test("a reply can be taken over for a day after its last entry", async () => {
    const { redis, pass } = running();
    const journal = createRedisReplyJournal({ redis });
    const scope = scopeOf("tenant", "expiring");
    const entry = { ...scope, reply: "r", epoch: 1 };
    await journal.append([{ ...entry, seq: 1, text: "a" }]);
    await pass(DAY - 60_000);
    await journal.append([{ ...entry, seq: 2, text: "b" }]);
    await pass(DAY - 60_000);
    expect(await journal.read(scope, "r")).toEqual({ epoch: 1, seq: 2, text: "ab" });
    await pass(60_000);
    expect(await journal.read(scope, "r")).toBeNull();
  });
});
