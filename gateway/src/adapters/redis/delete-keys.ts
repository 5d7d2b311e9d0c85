import type { RedisConnection } from "./connection.ts";

/** Keys a command: few enough that nobody waits for it. */
const AT_ONCE = 200;

/** Deletes keys of one slot. @returns how many there were */
export async function deleteKeys(redis: RedisConnection, keys: readonly string[]): Promise<number> {
  let deleted = 0;
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    deleted += await redis.run((client) => client.del(...keys.slice(from, from + AT_ONCE)));
  }
  return deleted;
}
