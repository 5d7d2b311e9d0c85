import type { OwedReply } from "../../ports/archive.ts";
import type { Scope, TenantId, UserId } from "../../ports/scope.ts";
import type { DynamoDb } from "./database.ts";
import { condition } from "./expressions.ts";
import { OWED_SHARDS, owedShardKey } from "./keys.ts";
import { owedBy } from "./operations/replies.ts";
import type { User } from "./operations/user.ts";
import type { OwedItem } from "./records.ts";
import type { UserLog } from "./user-log.ts";

/** Users looked at at once. */
const USERS_AT_ONCE = 16;

/**
 * {@link Archive.owed}. The shards say which users to look at and their own items what is owed, so a record that
 * outlived its reply misleads nobody. It is dropped here, unless the write that it was made for may still come.
 */
export async function owed(
  db: DynamoDb,
  open: (scope: Scope) => { user: User; log: UserLog },
): Promise<readonly OwedReply[]> {
  const shards = Array.from({ length: OWED_SHARDS }, (_, shard) =>
    db.all<OwedItem>({ pk: owedShardKey(shard) }),
  );
  const waiting = [...Map.groupBy((await Promise.all(shards)).flat(), scopeName).values()];
  const found: OwedReply[][] = [];
  const work = Array.from({ length: Math.min(USERS_AT_ONCE, waiting.length) }, async () => {
    for (let records = waiting.pop(); records !== undefined; records = waiting.pop()) {
      found.push(await owedOf(db, records, open));
    }
  });
  await Promise.all(work);
  return oldestFirst(found);
}

async function owedOf(
  db: DynamoDb,
  records: readonly OwedItem[],
  open: (scope: Scope) => { user: User; log: UserLog },
): Promise<OwedReply[]> {
  const [first] = records;
  if (first === undefined) return [];
  // Both come from the key that authentication's own scope made.
  const { user, log } = open({ tenant: first.tenant as TenantId, user: first.user as UserId });
  const version = await log.settle();
  const owed = await owedBy(user);
  const replies = new Set(owed.map(({ reply }) => reply));
  const dead = records.filter(({ reply, v }) => v <= version && !replies.has(reply));
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

function scopeName({ tenant, user }: OwedItem): string {
  return JSON.stringify([tenant, user]);
}
