import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { until } from "../ports/support/until.ts";
import { prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

/** Users, of whom each of two instances that stay takes some over. */
const USERS = 8;
/** Milliseconds between two cuts: before who was cut off hears again. */
const CUT_AGAIN = 10;

test("what an instance ends that it took over comes to an end for those, too, who could not hear it then", async () => {
  const instances = await prepareInstances({
    tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, takeOver: "end" as const })),
  });
  const redis = new Redis(instances.redisUrl);
  const archive = new DatabaseSync(join(instances.dataDirectory, "parlance.db"), { timeout: 10_000 });
  try {
    const dying = await instances.start();
    const [one, other] = await Promise.all([instances.start(), instances.start()]);
    const users = await Promise.all(
      Array.from({ length: USERS }, async (_, index) => {
        const token = signToken({ sub: `user-${index}` });
        const there = await connect(dying.chatUrl, { token });
        const here = await connect((index % 2 === 0 ? one : other).chatUrl, { token });
        const { reply } = await there.ask("[[sim tokens=4000 rate=50]]");
        await here.until(() => here.textOf(reply).seq > 50, "a batch for the journal");
        return { here, reply };
      }),
    );
    await dying.end("SIGKILL");
    const ended = archive.prepare("SELECT 1 FROM messages WHERE id = ? AND model IS NOT NULL");
    await until(
      () => users.every(({ reply }) => ended.get(reply) !== undefined),
      async () => {
        await redis.client("KILL", "TYPE", "PUBSUB");
        await pause(CUT_AGAIN);
      },
    );
    const ends = users.map(({ here, reply }) => here.frame("done", (done) => done.reply === reply));
    expect((await Promise.all(ends)).map(({ reason }) => reason)).toEqual(users.map(() => "interrupted"));
  } finally {
    archive.close();
    redis.disconnect();
    await instances.stop();
  }
});
