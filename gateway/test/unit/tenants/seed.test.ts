import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRegistryStore } from "../../../src/adapters/sqlite/registry-store.ts";
import type { RegistryStore } from "../../../src/ports/registry-store.ts";
import { apiKeyHash } from "../../../src/tenants/api-keys.ts";
import { deriveKeys } from "../../../src/tenants/derived-keys.ts";
import { createRegistry } from "../../../src/tenants/registry.ts";
import { SeedError, type SeedFile, seedRegistry } from "../../../src/tenants/seed.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";

const API_KEY = "ak_0123456789abcdefghijklmnop";
const SEED: SeedFile = {
  tenants: [
    {
      id: "acme",
      systemPrompt: "Be brief.",
      limits: { messagesPerMinute: 5, messagesPerHour: "tier" },
      siteKeys: [{ key: "pk_acme", allowedOrigins: ["https://shop.example"] }],
      signingKeys: [
        { kid: "k", algorithm: "HS256", secret: "x".repeat(32) },
        {
          kid: "idp",
          jwksUrl: "https://id.example/keys",
          issuer: "https://id.example/",
          audience: "chat",
          claims: { user: "sub" },
        },
      ],
      apiKeys: [{ kind: "ak", role: "viewer", key: API_KEY }],
    },
  ],
};

describe("a seed", () => {
  let database: SqliteDatabase;
  let registry: RegistryStore;
  let skipped: string[];
  beforeEach(async () => {
    database = await openSqlite(":memory:");
    registry = createRegistry(createSqliteRegistryStore(database), {
      keys: deriveKeys("secret", null),
      failed: (error) => {
        throw error;
      },
    });
    skipped = [];
  });
  afterEach(() => database.close());

  const seed = (content: unknown): Promise<void> =>
    seedRegistry(registry, content, {
      source: "seed.json",
      defaultModel: "simulator",
      knownModel: (name) => name === "simulator",
      clock: manualClock(),
      skipped: (tenant) => skipped.push(tenant),
    });
  const changed = (fields: Partial<SeedFile["tenants"][number]>): SeedFile => ({
    tenants: SEED.tenants.map((tenant) => ({ ...tenant, ...fields })),
  });

  test("makes tenants with their keys of every kind", async () => {
    await seed(SEED);
    expect(await registry.tenant("acme")).toMatchObject({
      name: "acme",
      model: "simulator",
      systemPrompt: "Be brief.",
      limits: { messagesPerMinute: 5 },
    });
    expect(await registry.siteKey("pk_acme")).toMatchObject({ tenant: "acme", generation: 1 });
    expect((await registry.signingKeys("acme")).map(({ kid, algorithm }) => [kid, algorithm])).toEqual([
      ["idp", "JWKS"],
      ["k", "HS256"],
    ]);
    expect(await registry.apiKey(apiKeyHash(API_KEY))).toMatchObject({ kind: "ak", role: "viewer" });
  });

  test("that was applied before undoes nothing of what was changed since", async () => {
    await seed(SEED);
    const before = await registry.tenant("acme");
    if (before === null) throw new Error("the tenant is there");
    await registry.putTenant({ ...before, systemPrompt: "Changed.", revision: 9 }, before.revision);
    await registry.deleteSiteKey("acme", "pk_acme");
    await seed(SEED);
    expect(await registry.tenant("acme")).toMatchObject({ systemPrompt: "Changed.", revision: 9 });
    expect(await registry.siteKey("pk_acme")).toBeNull();
  });

  test("that is another one now is applied", async () => {
    await seed(SEED);
    const before = await registry.tenant("acme");
    await seed(changed({ systemPrompt: "New." }));
    const after = await registry.tenant("acme");
    expect(after?.systemPrompt).toBe("New.");
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
  });

  test("does not make a deleted tenant again, and says so", async () => {
    await seed(SEED);
    const { revision = 0 } = (await registry.tenant("acme")) ?? {};
    await registry.deleteTenant("acme", revision, 0);
    await seed(SEED);
    expect(await registry.tenant("acme")).toBeNull();
    expect(skipped).toEqual(["acme"]);
  });

  test("that several instances apply at once is applied once", async () => {
    await Promise.all([seed(SEED), seed(SEED), seed(SEED)]);
    expect(await registry.siteKeys("acme")).toHaveLength(1);
    const { revision } = (await registry.tenant("acme")) ?? {};
    await seed(SEED);
    expect((await registry.tenant("acme"))?.revision).toBe(revision);
  });

  test.each([
    ["an unknown field", changed({ colour: "red" } as object), "colour"],
    ["a model that is not known", changed({ model: "gpt-99" }), "gpt-99"],
    [
      "a public suffix",
      changed({ siteKeys: [{ key: "pk_a", allowedOrigins: ["https://*.co.uk"] }] }),
      "suffix",
    ],
    ["no tenants", {}, "tenants"],
  ])("with %s is refused whole, and the mistake is named", async (_, content, word) => {
    const refused = seed(content);
    await expect(refused).rejects.toThrow(SeedError);
    await expect(refused).rejects.toThrow(word);
    expect(await registry.tenant("acme")).toBeNull();
  });
});
