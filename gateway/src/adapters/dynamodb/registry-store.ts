import type {
  ApiKeyRecord,
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../../ports/registry-store.ts";
import type { DynamoDb } from "./database.ts";
import { DynamoDbError } from "./errors.ts";
import { condition } from "./expressions.ts";
import {
  claimKey,
  type ItemKey,
  type OwnedKind,
  ownedKey,
  REGISTRY_VERSION,
  signingKeysRange,
  tenantKey,
} from "./keys.ts";

/** A record as it is; a field that it has no more is gone from the item too. */
interface RecordItem<Kept> {
  readonly record: Kept;
  /** What is shown to us, of a key that is looked up by it. */
  readonly shown?: string;
}

/** Whose key something shown is, or was: a claim is never given up. */
interface Claim {
  readonly tenant: string;
  readonly id: string;
}

/**
 * The registry in a DynamoDB table. Rejects with {@link DynamoDbError}: `constraint` where a key is another's.
 *
 * A key that is looked up by what is shown is claimed first, then put under its tenant and id. A look-up goes by
 * the claim to the record, and counts only if that still shows the same: so a replaced text is dead the moment
 * its successor is put, a put that stopped half-way has changed nothing but to hold the text for its owner, and
 * a text that once was a key is never another's. The version is raised last; where that fails so does the put,
 * and putting again raises it.
 */
export function createDynamoRegistryStore(db: DynamoDb): RegistryStore {
  const put = async (key: ItemKey, item: RecordItem<object>): Promise<void> => {
    await db.update(key, { set: item });
    await db.add(REGISTRY_VERSION, "version", 1);
  };
  const putClaimed = async (
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
    await put(ownedKey(kind, tenant, id), { record, shown });
  };
  const claimed = async <Kept>(kind: OwnedKind, shown: string): Promise<Kept | null> => {
    const claim = await db.get<Claim>(claimKey(kind, shown));
    if (claim === null) return null;
    const item = await db.get<RecordItem<Kept>>(ownedKey(kind, claim.tenant, claim.id));
    return item?.shown === shown ? item.record : null;
  };

  return {
    version: async () => (await db.get<{ version: number }>(REGISTRY_VERSION))?.version ?? 0,
    tenant: async (id) => (await db.get<RecordItem<TenantRecord>>(tenantKey(id)))?.record ?? null,
    siteKey: (key) => claimed<SiteKeyRecord>("SITEKEY", key),
    signingKeys: async (tenant) => {
      const items = await db.all<RecordItem<SigningKeyRecord>>(signingKeysRange(tenant));
      return items.map(({ record }) => record);
    },
    apiKey: (hash) => claimed<ApiKeyRecord>("APIKEY", hash),
    putTenant: (record) => put(tenantKey(record.id), { record }),
    putSiteKey: (record) => putClaimed("SITEKEY", record, record.key),
    putSigningKey: (record) => put(ownedKey("SIGNINGKEY", record.tenant, record.kid), { record }),
    putApiKey: (record) => putClaimed("APIKEY", record, record.hash),
  };
}
