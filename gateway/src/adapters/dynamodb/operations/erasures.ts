import type { Erasure } from "../../../ports/records.ts";
import type { Scope, TenantId, UserId } from "../../../ports/scope.ts";
import type { DynamoDb } from "../database.ts";
import { COUNTS, type Era, type Eras, erasureOf } from "../eras.ts";
import { condition } from "../expressions.ts";
import { ERASURES, erasureKey, HEAD, type ItemKey, keptPartition, owedKey } from "../keys.ts";
import type { ErasureItem } from "../records.ts";
import { type Head, headOf } from "../user-log.ts";

/** Deletes on their way at once. */
const AT_ONCE = 16;
const THERE = condition("attribute_exists(#pk)");

/** An erasure that was begun, and the era that it ended. */
interface Found {
  readonly era: Era;
  readonly erasure: Erasure;
}

/** The erasure of that id, or null. */
export async function findErasure(eras: Eras, scope: Scope, id: string): Promise<Found | null> {
  for await (const { era, head } of eras.all(scope)) {
    const erasure = erasureOf(head);
    if (erasure?.id === id) return { era, erasure };
  }
  return null;
}

/** {@link UserRecords.begin}. It is in the list of erasures before it is begun, so that no crash hides it. */
export async function beginErasure(
  db: DynamoDb,
  eras: Eras,
  scope: Scope,
  { id, by, at }: { id: string; by: string; at: number },
): Promise<Erasure> {
  let last: Erasure | null = null;
  for await (const { era, head } of eras.all(scope)) {
    const erasure = erasureOf(head);
    if (erasure !== null) {
      if (erasure.erasedAt === null) return erasure;
      last = erasure;
      continue;
    }
    if (head.version === 0 && last !== null) return last;
    const { tenant, user } = scope;
    await db.update(erasureKey(era.user.pk), {
      set: { tenant, user, era: era.user.era },
      remove: ["erasedAt"],
    });
    const erased = erasureOf(await era.log.erase({ id, by, begunAt: at }));
    if (erased !== null) return erased;
  }
  throw new Error("an era was erased and is not over");
}

/** {@link UserRecords.purge}. What is owed and what lists the user goes first, since only their items tell of it. */
export async function purge(db: DynamoDb, { user }: Era, limit: number): Promise<boolean> {
  const items: (ItemKey & { id?: string; open?: number })[] = [];
  for await (const item of db.query<ItemKey & { id?: string; open?: number }>({
    pk: user.pk,
    pageSize: limit + 1,
  })) {
    if (item.sk === HEAD) await unlist(db, user.scope.tenant, item as unknown as Head);
    else items.push(item);
    if (items.length === limit) break;
  }
  if (items.length === 0) return true;
  const counts: Record<string, number> = {};
  const remove = async ({ pk, sk, id, open }: (typeof items)[number]): Promise<void> => {
    if (open !== undefined && id !== undefined) await db.delete(owedKey(pk, id), THERE);
    const kind = kindOf(sk);
    if ((await db.delete({ pk, sk }, THERE)) && kind !== null) {
      counts[COUNTS + kind] = (counts[COUNTS + kind] ?? 0) + 1;
    }
  };
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(remove));
  }
  if (Object.keys(counts).length > 0) await db.add({ pk: user.pk, sk: HEAD }, counts);
  return false;
}

async function unlist(db: DynamoDb, tenant: string, { listed }: Head): Promise<void> {
  if (listed !== undefined) await db.delete({ pk: keptPartition(tenant), sk: listed }, THERE);
}

function kindOf(sk: string): string | null {
  if (sk.startsWith("CLIENT#")) return "requests";
  if (!sk.startsWith("CONV#")) return null;
  return sk.includes("#MSG#") ? "messages" : "conversations";
}

/** {@link UserRecords.finish}. */
export async function finishErasure(db: DynamoDb, { era }: Found, at: number): Promise<Erasure> {
  const { pk } = era.user;
  const open = condition("attribute_not_exists(#erasedAt)");
  await db.update({ pk, sk: HEAD }, { set: { erasedAt: at }, remove: ["recent", "listed", "cleared"] }, open);
  const erasure = erasureOf(await headOf(db, pk));
  if (erasure === null) throw new Error("an erasure is gone before it was finished");
  await db.update(erasureKey(pk), { set: { erasedAt: erasure.erasedAt } }, THERE);
  return erasure;
}

/** {@link Records.unfinished}. */
export async function unfinishedErasures(db: DynamoDb): Promise<Scope[]> {
  const items = await db.all<ErasureItem>({ pk: ERASURES });
  return items.filter(({ erasedAt }) => erasedAt === undefined).map(scopeOf);
}

/** {@link Records.tidy}. An era is forgotten only if it is the user's last: the others are what the later ones are found by. */
export async function tidyErasures(db: DynamoDb, eras: Eras, before: number, limit: number): Promise<void> {
  for (const item of await db.all<ErasureItem>({ pk: ERASURES })) {
    if (item.erasedAt === undefined) continue;
    const era = eras.open(scopeOf(item), item.era);
    while (!(await purge(db, era, limit))) {
      // Again until nothing is left.
    }
    const next = eras.open(scopeOf(item), item.era + 1).user.pk;
    if (item.erasedAt >= before || (await headOf(db, next)).version > 0) continue;
    const { pk } = era.user;
    const head = await headOf(db, pk);
    await db.delete({ pk, sk: HEAD }, condition("attribute_exists(#erasedAt)"));
    // Who came back in this very moment is found by what was just forgotten.
    if ((await headOf(db, next)).version > 0) await db.update({ pk, sk: HEAD }, { set: head });
    else await db.delete(erasureKey(pk), THERE);
  }
}

/** Both come from the scope that authentication made. */
function scopeOf({ tenant, user }: ErasureItem): Scope {
  return { tenant: tenant as TenantId, user: user as UserId };
}
