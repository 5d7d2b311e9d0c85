import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";

/** Milliseconds in which what ends by itself has to have ended. */
const LONGEST = 10_000;
/** Keys that stand for something that goes on. */
const LIVE = /:(owner|presence|journal|streams)$/;

/**
 * Keys in Redis that no user with a socket and no running reply accounts for; empty where all is tidy.
 *
 * @param orphaned whether what has that id was being ended just when its instance was killed: nobody else can know
 *   that it is not told, and it runs out by itself
 */
export async function leftKeys(redis: Redis, orphaned: (id: string) => boolean): Promise<string[]> {
  return await untilEmpty(async () => {
    const left: string[] = [];
    for await (const keys of redis.scanStream({ count: 500 })) {
      for (const key of keys as string[]) {
        if ((await redis.pttl(key)) === -1) left.push(`${key} stays for ever`);
        const ids = LIVE.test(key) ? (await idsOf(redis, key)).filter((id) => !orphaned(id)) : [];
        if (ids.length > 0) left.push(`${key} is left over, for ${ids.join(", ")}`);
      }
    }
    return left;
  });
}

/** The replies for which a key stands. */
async function idsOf(redis: Redis, key: string): Promise<string[]> {
  if (key.endsWith(":journal")) return [key.split(":").at(-2) ?? ""];
  if (!key.endsWith(":streams")) return [""];
  const reservations = await redis.hgetall(key.replace(/streams$/, "reservations"));
  // What has run out counts for nothing, and goes when somebody looks.
  const standing = await redis.zrange(
    key.replace(/streams$/, "reservation-ends"),
    `(${Date.now()}`,
    "+inf",
    "BYSCORE",
  );
  return standing.filter((name) => (reservations[name] ?? "") !== "");
}

/** Instances and subscriptions that Redis still knows of when every instance has ended. */
export async function leftInstances(redis: Redis): Promise<string[]> {
  return await untilEmpty(async () => {
    const channels = (await redis.pubsub("CHANNELS")) as string[];
    const alive = await redis.hkeys("chat:instances");
    return [
      ...channels.map((channel) => `${channel} is still listened to`),
      ...alive.map((instance) => `${instance} is still listed`),
    ];
  });
}

async function untilEmpty(look: () => Promise<string[]>): Promise<string[]> {
  const limit = performance.now() + LONGEST;
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() > limit) return left;
    await pause(250);
  }
}
