import type { OwedReply } from "../../ports/archive.ts";
import type { TenantId, UserId } from "../../ports/scope.ts";
import type { DynamoDb } from "./database.ts";
import type { Eras } from "./eras.ts";
import { condition } from "./expressions.ts";
import { OWED_SHARDS, owedShardKey } from "./keys.ts";
import { owedBy } from "./operations/replies.ts";
import type { OwedItem } from "./records.ts";
import { EraOver } from "./user-log.ts";

/** Users looked at at once. */
const USERS_AT_ONCE = 16;

/**
 * {@link Archive.owed}. The shards say which users to look at and their own items what is owed, so a record that
 * outlived its reply misleads nobody. It is dropped here, unless the write that it was made for may still come.
 */
export async function owed(db: DynamoDb, eras: Eras): Promise<readonly OwedReply[]> {
  const shards = Array.from({ length: OWED_SHARDS }, (_, shard) =>
    db.all<OwedItem>({ pk: owedShardKey(shard) }),
  );
  const waiting = [...Map.groupBy((await Promise.all(shards)).flat(), eraName).values()];
  const found: OwedReply[][] = [];
  const work = Array.from({ length: Math.min(USERS_AT_ONCE, waiting.length) }, async () => {
    for (let records = waiting.pop(); records !== undefined; records = waiting.pop()) {
      found.push(await owedOf(db, records, eras));
    }
  });
  await Promise.all(work);
  return oldestFirst(found);
}

async function owedOf(db: DynamoDb, records: readonly OwedItem[], eras: Eras): Promise<OwedReply[]> {
  const [first] = records;
  if (first === undefined) return [];
  // Both come from the key that authentication's own scope made.
  const scope = { tenant: first.tenant as TenantId, user: first.user as UserId };
  const { user, log } = eras.open(scope, first.era ?? 0);
  const version = await unlessOver(log.settle());
  const owed = version === null ? [] : await owedBy(user);
  const replies = new Set(owed.map(({ reply }) => reply));
  const dead = records.filter(({ reply, v }) => version === null || (v <= version && !replies.has(reply)));
  await Promise.all(dead.map(({ pk, sk, v }) => db.delete({ pk, sk }, condition("#v = :v", { v }))));
  return owed;
}

/**
 * Users' lists as one, by time. No counter is common to all users; but a user's own replies keep their order,
 * whatever their clocks said.
 */
function oldestFirst(lists: readonly (readonly OwedReply[])[]): OwedReply[] {
  const timed = lists.flatMap((list) => {
    let latest = 0;
    return list.map((owed) => {
      latest = Math.max(latest, owed.at);
      return { owed, time: latest };
    });
  });
  return timed.sort((one, other) => one.time - other.time).map(({ owed }) => owed);
}

/** The version, or null where the user was erased: nothing is owed to them, and no write may still come. */
async function unlessOver(settling: Promise<number>): Promise<number | null> {
  try {
    return await settling;
  } catch (error) {
    if (error instanceof EraOver) return null;
    throw error;
  }
}

function eraName({ tenant, user, era = 0 }: OwedItem): string {
  return JSON.stringify([tenant, user, era]);
}
