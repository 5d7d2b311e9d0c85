import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRegistryStore } from "../../../src/adapters/sqlite/registry-store.ts";
import type { RegistryStore, SigningKeyRecord, TenantRecord } from "../../../src/ports/registry-store.ts";
import { TENANT_DEFAULTS } from "../../../src/tenants/defaults.ts";
import { deriveKeys } from "../../../src/tenants/derived-keys.ts";
import { createRegistry } from "../../../src/tenants/registry.ts";
import { resealSecrets } from "../../../src/tenants/reseal.ts";
import { SealBroken } from "../../../src/tenants/sealing.ts";

const SECRET = "a shared secret of a customer, 40 characters";
const tenant: TenantRecord = { ...TENANT_DEFAULTS, id: "acme", name: "Acme", model: "simulator" };
const signingKey: SigningKeyRecord = {
  kid: "k1",
  tenant: "acme",
  algorithm: "HS256",
  secret: SECRET,
  createdAt: 1,
  lastUsedAt: null,
};
const challenge = {
  kind: "turnstile",
  siteKey: "s",
  secret: SECRET,
  verifyUrl: "https://v.example",
} as const;

describe("the registry over its store", () => {
  let database: SqliteDatabase;
  let store: RegistryStore;
  let failures: unknown[];
  beforeEach(async () => {
    database = await openSqlite(":memory:");
    store = createSqliteRegistryStore(database);
    failures = [];
  });
  afterEach(() => database.close());

  const registryWith = (secret: string, previous: string | null = null): RegistryStore =>
    createRegistry(store, { keys: deriveKeys(secret, previous), failed: (error) => failures.push(error) });

  test("gives records of an earlier version the defaults of what they do not say", async () => {
    const { id, name, model } = tenant;
    const cache = { exact: false, ttlSeconds: 9 };
    await store.putTenant({ id, name, model, cache, revision: 1 } as unknown as TenantRecord, null);
    await store.putSiteKey({
      id: "s",
      tenant: "acme",
      key: "pk_1",
      name: "n",
      allowedOrigins: [],
      generation: 4,
    } as unknown as Parameters<RegistryStore["putSiteKey"]>[0]);
    await store.putApiKey({
      id: "a",
      tenant: "acme",
      name: "n",
      kind: "ak",
      hash: "h",
    } as unknown as Parameters<RegistryStore["putApiKey"]>[0]);
    const registry = registryWith("one");
    expect(await registry.tenant("acme")).toEqual({ ...tenant, cache: { ...tenant.cache, ...cache } });
    expect(await registry.siteKey("pk_1")).toMatchObject({
      generation: 4,
      former: [],
      limits: {},
      dailyTokens: null,
      revision: 1,
    });
    expect(await registry.apiKey("h")).toMatchObject({ role: "owner", lastUsedAt: null });
  });

  test("shows a rotated site key as the text that was asked for, with its end", async () => {
    const registry = registryWith("one");
    await store.putSiteKey({
      id: "s",
      tenant: "acme",
      key: "pk_old",
      name: "n",
      allowedOrigins: [],
      generation: 1,
      former: [],
      limits: {},
      dailyTokens: null,
      revision: 1,
      createdAt: 1,
      lastUsedAt: null,
    });
    const [before] = await registry.siteKeys("acme");
    if (before === undefined) throw new Error("the key is there");
    const former = [{ key: "pk_old", generation: 1, expiresAt: 9 }];
    await registry.putSiteKey({ ...before, key: "pk_new", generation: 2, former });
    expect(await registry.siteKey("pk_new")).toMatchObject({ id: "s", key: "pk_new", generation: 2 });
    expect(await registry.siteKey("pk_new")).not.toHaveProperty("expiresAt");
    expect(await registry.siteKey("pk_old")).toMatchObject({
      id: "s",
      key: "pk_old",
      generation: 1,
      expiresAt: 9,
    });
  });

  test("keeps shared secrets sealed, and opens them for who has the platform's secret", async () => {
    const registry = registryWith("one");
    await registry.putTenant({ ...tenant, challenge }, null);
    await registry.putSigningKey(signingKey);
    const kept = JSON.stringify([await store.tenant("acme"), await store.signingKeys("acme")]);
    expect(kept).not.toContain(SECRET);
    expect(await registry.signingKeys("acme")).toEqual([signingKey]);
    expect((await registry.tenant("acme"))?.challenge).toEqual(challenge);
  });

  test("opens a sealed secret only where it was put", async () => {
    const registry = registryWith("one");
    await registry.putSigningKey(signingKey);
    const [sealed] = await store.signingKeys("acme");
    if (sealed === undefined) throw new Error("the key is there");
    await store.putSigningKey({ ...sealed, tenant: "thief" });
    expect(await registry.signingKeys("thief")).toEqual([]);
    expect(failures).toEqual([expect.any(SealBroken)]);
  });

  test("leaves out what another platform secret sealed, tells of it, and serves the tenant's other keys", async () => {
    await registryWith("one").putSigningKey(signingKey);
    const other = registryWith("two");
    await other.putSigningKey({ ...signingKey, kid: "k2" });
    expect(await other.signingKeys("acme")).toEqual([{ ...signingKey, kid: "k2" }]);
    expect(failures).toEqual([expect.any(SealBroken)]);
    expect(String(failures[0])).not.toContain(SECRET);
  });

  test("seals all anew under the current platform secret, so that the former one can go", async () => {
    const before = registryWith("one");
    await before.putTenant({ ...tenant, challenge }, null);
    await before.putSigningKey(signingKey);
    await before.putTenant({ ...tenant, id: "other" }, null);
    const during = registryWith("two", "one");
    expect(await during.signingKeys("acme")).toEqual([signingKey]);
    expect(await resealSecrets(during)).toBe(2);
    const after = registryWith("two");
    expect(await after.signingKeys("acme")).toEqual([signingKey]);
    expect((await after.tenant("acme"))?.challenge).toEqual(challenge);
    expect(failures).toEqual([]);
  });
});
