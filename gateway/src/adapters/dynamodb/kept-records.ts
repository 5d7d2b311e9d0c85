import type {
  ExpiredBatch,
  Expiry,
  Records,
  RecordsFound,
  RecordsPage,
  UserRecords,
} from "../../ports/records.ts";
import type { Scope, TenantId, UserId } from "../../ports/scope.ts";
import type { DynamoDb } from "./database.ts";
import { COUNTS, type Era, Eras, erasureOf } from "./eras.ts";
import { condition } from "./expressions.ts";
import { HEAD, keptPartition, keptSince } from "./keys.ts";
import {
  beginErasure,
  findErasure,
  finishErasure,
  purge,
  tidyErasures,
  unfinishedErasures,
} from "./operations/erasures.ts";
import { type ExpiredOfUser, expireUser } from "./operations/expiry.ts";
import { keptConversations, keptMessages, keptOpenReplies } from "./operations/kept.ts";
import type { User } from "./operations/user.ts";
import type { KeptItem } from "./records.ts";
import { EraOver, headOf } from "./user-log.ts";
import { UserQueues } from "./user-queues.ts";

/** Items that are deleted at once where nobody says how many. */
const BATCH = 200;

/**
 * What the archive of a DynamoDB table keeps of people. Rejects with {@link DynamoDbError} where the table fails.
 * What is counted may be counted twice where an answer of the table was lost.
 */
export function createDynamoRecords(db: DynamoDb): Records {
  const eras = new Eras(db, new UserQueues());
  return {
    forUser: ({ tenant, user }) => userRecords(db, eras, { tenant, user }),
    users: (tenant, page) => keptUsers(db, tenant, page),
    unfinished: () => unfinishedErasures(db),
    expire: (tenant, expiry) => expire(db, eras, tenant, expiry),
    tidy: (before) => tidyErasures(db, eras, before, BATCH),
  };
}

function userRecords(db: DynamoDb, eras: Eras, scope: Scope): UserRecords {
  /** Reads of the era that an erasure is about to empty, or of the one that nothing has ended. */
  const read = async <Result>(query: (user: User) => Promise<Result>): Promise<Result> => {
    for await (const { era, head } of eras.all(scope)) {
      const erasure = erasureOf(head);
      if (erasure === null) return era.log.read(() => query(era.user));
      if (erasure.erasedAt === null) return query(era.user);
    }
    throw new Error("the last era of a user has not ended");
  };
  const erasing = async (id: string) => {
    const found = await findErasure(eras, scope, id);
    return found?.erasure.erasedAt === null ? found.era : null;
  };
  return {
    conversations: (page) => read((user) => keptConversations(user, page)),
    messages: (conversation, page) => read((user) => keptMessages(user, conversation, page)),
    openReplies: () => read(keptOpenReplies),
    async erasure() {
      let last: ReturnType<typeof erasureOf> = null;
      for await (const { head } of eras.all(scope)) last = erasureOf(head) ?? last;
      return last;
    },
    begin: (erasure) => beginErasure(db, eras, scope, erasure),
    async purge(id, limit) {
      const era = await erasing(id);
      return era === null || (await purge(db, era, limit));
    },
    async count(id, counts) {
      const era = await erasing(id);
      const amounts = Object.entries(counts).map(([kind, count]) => [COUNTS + kind, count]);
      if (era !== null && amounts.length > 0) {
        await db.add({ pk: era.user.pk, sk: HEAD }, Object.fromEntries(amounts));
      }
    },
    async finish(id, at) {
      const found = await findErasure(eras, scope, id);
      if (found === null) throw new Error(`there is no erasure ${id}`);
      return finishErasure(db, found, at);
    },
  };
}

/** {@link Records.users}: who is listed as kept. */
async function keptUsers(
  db: DynamoDb,
  tenant: TenantId,
  { after, limit }: RecordsPage,
): Promise<RecordsFound<UserId>> {
  const found: KeptItem[] = [];
  const range = after === undefined ? {} : { range: condition("#sk > :after", { after }) };
  for await (const item of db.query<KeptItem>({ pk: keptPartition(tenant), pageSize: limit, ...range })) {
    found.push(item);
    if (found.length === limit) break;
  }
  return {
    records: found.map(({ user }) => user as UserId),
    next: found.length < limit ? null : (found.at(-1)?.sk ?? null),
  };
}

/** {@link Records.expire}, a user at a time, of those who are listed as kept since long enough. */
async function expire(
  db: DynamoDb,
  eras: Eras,
  tenant: TenantId,
  { before, after, limit }: Expiry,
): Promise<ExpiredBatch> {
  const range = condition("#sk BETWEEN :low AND :high", { low: after ?? "", high: keptSince(before) });
  const due: KeptItem[] = [];
  for await (const item of db.query<KeptItem>({ pk: keptPartition(tenant), range, pageSize: limit + 1 })) {
    if (item.sk === after) continue;
    due.push(item);
    if (due.length === limit) break;
  }
  const conversations: ExpiredBatch["conversations"][number][] = [];
  let messages = 0;
  for (const item of due) {
    const scope = { tenant, user: item.user as UserId };
    const expired = await expireListed(db, eras.open(scope, item.era), item, before);
    conversations.push(...expired.conversations.map((conversation) => ({ ...scope, conversation })));
    messages += expired.messages;
  }
  return { conversations, messages, next: due.length < limit ? null : (due.at(-1)?.sk ?? null) };
}

const NOTHING: ExpiredOfUser = { conversations: [], messages: 0, more: false };

/** What goes of a user, who then is listed by what stays. Where that is as old, since it is owed, the item stays. */
async function expireListed(
  db: DynamoDb,
  { user, log }: Era,
  item: KeptItem,
  before: number,
): Promise<ExpiredOfUser> {
  const { pk, sk } = item;
  const conversations = new Set<string>();
  let messages = 0;
  try {
    await log.settle();
    if ((await headOf(db, user.pk)).listed === sk) {
      let expired = NOTHING;
      do {
        expired = await log.write(() => expireUser(user, before));
        for (const conversation of expired.conversations) conversations.add(conversation);
        messages += expired.messages;
      } while (expired.more);
    }
  } catch (error) {
    if (!(error instanceof EraOver)) throw error;
  }
  const { version, listed } = await headOf(db, user.pk);
  if (listed !== sk && item.v <= version) await db.delete({ pk, sk }, condition("#v = :v", { v: item.v }));
  return { conversations: [...conversations], messages, more: false };
}
