import type { RedisConnection } from "./connection.ts";

/** Commands that go out in one write: what is more would hold up the event loop and everybody else's commands. */
const BATCH = 500;

/** Runs a command for each item, many in one write, and gives the answers in the items' order. */
export async function inBatches<Item, Reply>(
  redis: RedisConnection,
  items: readonly Item[],
  command: (item: Item) => Promise<Reply>,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    const batch = items.slice(start, start + BATCH);
    replies.push(...(await Promise.all(redis.together(() => batch.map(command)))));
  }
  return replies;
}
