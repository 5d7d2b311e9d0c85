import { randomUUID } from "node:crypto";
import type {
  ApiKeyRecord,
  KeyUse,
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantPage,
  TenantRecord,
} from "../../ports/registry-store.ts";
import type { DynamoDb } from "./database.ts";
import { DynamoDbError } from "./errors.ts";
import { condition } from "./expressions.ts";
import {
  claimKey,
  DELETED_TENANTS,
  deletedTenantKey,
  type ItemKey,
  listedTenantKey,
  type OwnedKind,
  ownedKey,
  ownedRange,
  REGISTRY_VERSION,
  TENANTS,
  tenantKey,
} from "./keys.ts";

/** A record as it is; a field that it has no more is gone from the item too. */
interface RecordItem<Kept> {
  readonly record: Kept;
  /** What is shown to us, of a key that is looked up by it. */
  readonly shown?: string;
  /** When a key was last used, if it was. */
  readonly used?: number;
}

interface TenantItem {
  /** Absent of a deleted tenant, whose item stays. */
  readonly record?: TenantRecord;
  /** Absent is 1. */
  readonly revision?: number;
  /** Names the write that made it so. */
  readonly write?: string;
}

/** In the list of tenants that were deleted, or are to be. */
interface DeletedItem {
  readonly tenant: string;
  readonly deletedAt: number;
}

/** Whose key something shown is, or was: a claim is never given up. */
interface Claim {
  readonly tenant: string;
  readonly id: string;
}

const KINDS: Readonly<Record<KeyUse["kind"], OwnedKind>> = {
  "site-key": "SITEKEY",
  "signing-key": "SIGNINGKEY",
  "api-key": "APIKEY",
};
const THERE = condition("attribute_exists(#pk)");

/**
 * The registry in a DynamoDB table. Rejects with {@link DynamoDbError}: `constraint` where a key is another's.
 *
 * A key that is looked up by what is shown is claimed first, then put under its tenant and id. A look-up goes by
 * the claim to the record, and counts only if that still shows the same: so a replaced text is dead the moment
 * its successor is put, a put that stopped half-way has changed nothing but to hold the text for its owner, and
 * a text that once was a key is never another's. The version is raised last; where that fails so does the put,
 * and putting again raises it.
 *
 * A tenant is listed before it is made and after it is deleted: what the list names and is not there is passed over.
 * So is what is listed as deleted, which happens before it is, and still there.
 */
export function createDynamoRegistryStore(db: DynamoDb): RegistryStore {
  const raiseVersion = (): Promise<void> => db.add(REGISTRY_VERSION, { version: 1 });
  const put = async (key: ItemKey, item: RecordItem<object>): Promise<void> => {
    await db.update(key, { set: item });
    await raiseVersion();
  };
  /** A write that is repeated since its answer was lost finds its own mark. */
  const putMarked = async (
    key: ItemKey,
    change: { set: object; remove?: readonly string[] },
    when: ReturnType<typeof condition>,
  ): Promise<boolean> => {
    const write = randomUUID();
    const { set, remove } = change;
    if (await db.update(key, { set: { ...set, write }, remove }, when)) return true;
    return (await db.get<{ write?: string }>(key))?.write === write;
  };
  const claim = async (
    kind: OwnedKind,
    record: { tenant: string; id: string },
    shown: string,
  ): Promise<void> => {
    const { tenant, id } = record;
    const free = condition("attribute_not_exists(#pk) OR (#tenant = :owner AND #id = :owned)", {
      owner: tenant,
      owned: id,
    });
    if (!(await db.update(claimKey(kind, shown), { set: { tenant, id } satisfies Claim }, free))) {
      throw new DynamoDbError("constraint", "the key is, or was, another's");
    }
  };
  const claimed = async <Kept>(kind: OwnedKind, shown: string): Promise<RecordItem<Kept> | null> => {
    const claim = await db.get<Claim>(claimKey(kind, shown));
    return claim === null ? null : db.get<RecordItem<Kept>>(ownedKey(kind, claim.tenant, claim.id));
  };
  const owned = async <Kept>(kind: OwnedKind, tenant: string): Promise<readonly Kept[]> => {
    const items = await db.all<RecordItem<Kept>>(ownedRange(kind, tenant));
    return items.map((item) => keyOf(item));
  };
  const deleteOwned = async (kind: OwnedKind, tenant: string, id: string): Promise<boolean> => {
    const deleted = await db.delete(ownedKey(kind, tenant, id), THERE);
    if (deleted) await raiseVersion();
    return deleted;
  };
  return {
    version: async () => (await db.get<{ version: number }>(REGISTRY_VERSION))?.version ?? 0,
    tenant: async (id) => (await db.get<TenantItem>(tenantKey(id)))?.record ?? null,
    tenants: ({ after, limit }) => listTenants(db, after, limit),
    siteKey: async (key) => {
      const item = await claimed<SiteKeyRecord>("SITEKEY", key);
      if (item === null) return null;
      // Records made before there was such a list have none.
      const former: SiteKeyRecord["former"] | undefined = item.record.former;
      return item.shown === key || former?.some((text) => text.key === key) ? keyOf(item) : null;
    },
    siteKeys: (tenant) => owned<SiteKeyRecord>("SITEKEY", tenant),
    signingKeys: (tenant) => owned<SigningKeyRecord>("SIGNINGKEY", tenant),
    apiKey: async (hash) => {
      const item = await claimed<ApiKeyRecord>("APIKEY", hash);
      return item?.shown === hash ? keyOf(item) : null;
    },
    apiKeys: (tenant) => owned<ApiKeyRecord>("APIKEY", tenant),
    async putTenant(record, replaces) {
      await db.update(listedTenantKey(record.id), { set: { tenant: record.id } });
      const { revision } = record;
      const done = await putMarked(
        tenantKey(record.id),
        { set: { record, revision } },
        replaces === null ? condition("attribute_not_exists(#pk)") : atRevision(replaces),
      );
      if (done) await raiseVersion();
      return done;
    },
    async deleteTenant(id, revision, at) {
      await db.update(deletedTenantKey(id), { set: { tenant: id, deletedAt: at } });
      const done = await putMarked(
        tenantKey(id),
        { set: { revision: revision + 1 }, remove: ["record"] },
        atRevision(revision),
      );
      if (!done) return false;
      for (const kind of Object.values(KINDS)) {
        const items = await db.all<ItemKey>(ownedRange(kind, id));
        await Promise.all(items.map(({ pk, sk }) => db.delete({ pk, sk }, THERE)));
      }
      await db.delete(listedTenantKey(id), THERE);
      await raiseVersion();
      return true;
    },
    async deletedTenants() {
      const listed = await db.all<DeletedItem>({ pk: DELETED_TENANTS });
      const items = await db.getAll<TenantItem>(listed.map(({ tenant }) => tenantKey(tenant)));
      return listed
        .filter((_, index) => items[index] !== null && items[index]?.record === undefined)
        .map(({ tenant, deletedAt }) => ({ id: tenant, deletedAt }))
        .toSorted((one, other) => one.deletedAt - other.deletedAt);
    },
    async forgotten(id) {
      if ((await db.get<TenantItem>(tenantKey(id)))?.record === undefined)
        await db.delete(deletedTenantKey(id), THERE);
    },
    async putSiteKey(record, replaces) {
      const key = ownedKey("SITEKEY", record.tenant, record.id);
      const item = { record, shown: record.key, revision: record.revision };
      await claim("SITEKEY", record, record.key);
      if (replaces === undefined) await put(key, item);
      else if (await putMarked(key, { set: item }, atRevision(replaces))) await raiseVersion();
      else return false;
      return true;
    },
    putSigningKey: (record) => put(ownedKey("SIGNINGKEY", record.tenant, record.kid), { record }),
    async replaceSigningKey(record) {
      const key = ownedKey("SIGNINGKEY", record.tenant, record.kid);
      const replaced = await putMarked(key, { set: { record } }, THERE);
      if (replaced) await raiseVersion();
      return replaced;
    },
    async putApiKey(record) {
      await claim("APIKEY", record, record.hash);
      await put(ownedKey("APIKEY", record.tenant, record.id), { record, shown: record.hash });
    },
    deleteSiteKey: (tenant, id) => deleteOwned("SITEKEY", tenant, id),
    deleteSigningKey: (tenant, kid) => deleteOwned("SIGNINGKEY", tenant, kid),
    deleteApiKey: (tenant, id) => deleteOwned("APIKEY", tenant, id),
    async used(uses) {
      const later = "attribute_exists(#pk) AND (attribute_not_exists(#used) OR #used < :use)";
      await Promise.all(
        uses.map(({ kind, tenant, id, at }) =>
          db.update(ownedKey(KINDS[kind], tenant, id), { set: { used: at } }, condition(later, { use: at })),
        ),
      );
    },
  };
}

function atRevision(revision: number): ReturnType<typeof condition> {
  const same = "attribute_exists(#record) AND (#revision = :known";
  return condition(revision === 1 ? `${same} OR attribute_not_exists(#revision))` : `${same})`, {
    known: revision,
  });
}

async function listTenants(db: DynamoDb, after: string | undefined, limit: number): Promise<TenantPage> {
  const range =
    after === undefined ? undefined : condition("#sk > :after", { after: listedTenantKey(after).sk });
  const names = db.query<{ tenant: string }>({
    pk: TENANTS,
    pageSize: limit + 1,
    ...(range === undefined ? {} : { range }),
  });
  const tenants: TenantRecord[] = [];
  let waiting: string[] = [];
  const take = async (): Promise<void> => {
    const items = await db.getAll<TenantItem>(waiting.map(tenantKey));
    waiting = [];
    for (const item of items) if (item?.record !== undefined) tenants.push(item.record);
  };
  for await (const { tenant } of names) {
    waiting.push(tenant);
    if (tenants.length + waiting.length <= limit) continue;
    await take();
    if (tenants.length > limit) break;
  }
  if (waiting.length > 0) await take();
  const page = tenants.slice(0, limit);
  return { tenants: page, next: tenants.length > limit ? (page.at(-1)?.id ?? null) : null };
}

function keyOf<Kept>({ record, used }: RecordItem<Kept>): Kept {
  return used === undefined ? record : { ...record, lastUsedAt: used };
}
