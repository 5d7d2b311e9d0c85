import { afterAll, expect, test } from "@jest/globals";
import { createDynamoRegistryStore } from "../../../src/adapters/dynamodb/registry-store.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { registryStoreSuite } from "./suite.ts";

const server = await startDynamoDb();
afterAll(() => server.stop());
let tables = 0;

registryStoreSuite(async () => {
  const db = await server.open(`registry-${++tables}`);
  return { store: createDynamoRegistryStore(db), close: async () => db.close() };
});

const siteKey = {
  id: "s",
  tenant: "t",
  key: "pk_1",
  name: "n",
  allowedOrigins: [],
  generation: 1,
  former: [],
  limits: {},
  dailyTokens: null,
  revision: 1,
  createdAt: 1,
  lastUsedAt: null,
};

test("the version rises by what another gateway wrote, and the key is there", async () => {
  const databases = [await server.open("registry-shared"), await server.open("registry-shared")] as const;
  const [one, other] = [
    createDynamoRegistryStore(databases[0]),
    createDynamoRegistryStore(databases[1]),
  ] as const;
  const before = await other.version();
  await one.putApiKey({
    id: "a",
    tenant: "t",
    name: "n",
    kind: "ak",
    hash: "h",
    createdAt: 1,
    lastUsedAt: null,
  });
  expect(await other.version()).toBeGreaterThan(before);
  expect(await other.apiKey("h")).toMatchObject({ kind: "ak" });
  for (const database of databases) database.close();
});

test("a rotated key can be rotated back by its owner, and its former text is given to no other", async () => {
  const db = await server.open("registry-rotation");
  const store = createDynamoRegistryStore(db);
  await store.putSiteKey(siteKey);
  await store.putSiteKey({ ...siteKey, key: "pk_2" });
  const thief = store.putSiteKey({ ...siteKey, tenant: "thief" });
  await expect(thief).rejects.toMatchObject({ name: "DynamoDbError", code: "constraint" });
  await store.putSiteKey(siteKey);
  expect(await store.siteKey("pk_1")).toEqual(siteKey);
  expect(await store.siteKey("pk_2")).toBeNull();
  db.close();
});

test("of tenants that want the same key at once one gets it, and the others are told", async () => {
  const db = await server.open("registry-race");
  const store = createDynamoRegistryStore(db);
  const tenants = ["a", "b", "c", "d"];
  const results = await Promise.allSettled(tenants.map((tenant) => store.putSiteKey({ ...siteKey, tenant })));
  const winners = tenants.filter((_, index) => results[index]?.status === "fulfilled");
  expect(winners).toEqual([(await store.siteKey("pk_1"))?.tenant]);
  db.close();
});

test.each(["#", "a#TENANT", "%", "\ud800", "🙂"])(
  "a tenant named %j has its own keys and no other's",
  async (tenant) => {
    const db = await server.open("registry-names");
    const store = createDynamoRegistryStore(db);
    const signingKey = {
      kid: "#1",
      tenant,
      algorithm: "HS256",
      secret: "s",
      createdAt: 1,
      lastUsedAt: null,
    } as const;
    await store.putSigningKey(signingKey);
    expect(await store.signingKeys(tenant)).toMatchObject([{ kid: "#1" }]);
    expect(await store.signingKeys(tenant.slice(0, -1))).toEqual([]);
    expect(await store.signingKeys(`${tenant}#`)).toEqual([]);
    db.close();
  },
);
