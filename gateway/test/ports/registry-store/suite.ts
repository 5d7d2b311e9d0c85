import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type {
  ApiKeyRecord,
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../../../src/ports/registry-store.ts";
import { TENANT_DEFAULTS } from "../../../src/tenants/defaults.ts";

const tenant: TenantRecord = {
  ...TENANT_DEFAULTS,
  id: "acme",
  name: "Acme: {the} #1 / 🙂",
  model: "simulator",
  allowedModels: ["simulator"],
  systemPrompt: "Be brief.\u0000",
  examples: [{ question: "Ça va ?", answer: "" }],
  limits: { messagesPerMinute: null, tokensPerMonth: 5, tenant: { concurrentStreams: 7 } },
  look: { accent: "#123456", round: true, size: 3 },
  prices: { simulator: { input: 0.5 } },
  seedDigest: "d",
};
const made = { createdAt: 1_700_000_000_000, lastUsedAt: null };
const siteKey: SiteKeyRecord = {
  ...made,
  former: [],
  limits: { sessionsPerMinute: 5, ranges: ["10.0.0.0/8"] },
  dailyTokens: null,
  revision: 1,
  id: "site",
  tenant: "acme",
  key: "pk_acme",
  name: "Site",
  allowedOrigins: ["https://*.acme.example", "null"],
  generation: 1,
};
const signingKey = {
  ...made,
  kid: "k1",
  tenant: "acme",
  algorithm: "HS256",
  secret: "sealed",
} as const satisfies SigningKeyRecord;
const jwksKey = {
  ...made,
  kid: "jwks",
  tenant: "acme",
  algorithm: "JWKS",
  jwksUrl: "https://id.example/keys",
  issuer: "https://id.example/",
  audience: "chat",
  claims: { user: "sub", tenant: "custom:tenant" },
} as const satisfies SigningKeyRecord;
const apiKey: ApiKeyRecord = {
  ...made,
  id: "api",
  tenant: "acme",
  name: "Backend",
  kind: "sk",
  hash: "ab".repeat(32),
};

/**
 * What every registry store must do.
 *
 * @param open opens an empty store; `close` ends it
 */
export function registryStoreSuite(
  open: () => Promise<{ store: RegistryStore; close(): Promise<void> }>,
): void {
  describe("a registry store", () => {
    let store: RegistryStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, close } = await open());
    });
    afterEach(() => close());

    test("knows nothing at first", async () => {
      expect(await store.tenant("acme")).toBeNull();
      expect(await store.siteKey("pk_acme")).toBeNull();
      expect(await store.signingKeys("acme")).toEqual([]);
      expect(await store.apiKey(apiKey.hash)).toBeNull();
      expect(await store.tenants({ limit: 10 })).toEqual({ tenants: [], next: null });
      expect(await store.siteKeys("acme")).toEqual([]);
      expect(await store.apiKeys("acme")).toEqual([]);
    });

    test("gives back what was put, to the field", async () => {
      expect(await store.putTenant(tenant, null)).toBe(true);
      await store.putSiteKey(siteKey);
      await store.putSigningKey(signingKey);
      await store.putSigningKey(jwksKey);
      await store.putApiKey(apiKey);
      expect(await store.tenant("acme")).toEqual(tenant);
      expect(await store.siteKey("pk_acme")).toEqual(siteKey);
      expect(await store.siteKeys("acme")).toEqual([siteKey]);
      expect(await store.signingKeys("acme")).toEqual([jwksKey, signingKey]);
      expect(await store.apiKey(apiKey.hash)).toEqual(apiKey);
      expect(await store.apiKeys("acme")).toEqual([apiKey]);
    });

    test("replaces what has the same id, so that a rotated key's former text is dead", async () => {
      await store.putTenant(tenant, null);
      expect(await store.putTenant({ ...tenant, name: "New", revision: 2 }, 1)).toBe(true);
      await store.putSiteKey(siteKey);
      await store.putSiteKey({ ...siteKey, key: "pk_rotated", generation: 2 });
      await store.putSigningKey(signingKey);
      await store.putSigningKey({ ...signingKey, secret: "other" });
      await store.putApiKey(apiKey);
      await store.putApiKey({ ...apiKey, hash: "cd".repeat(32) });
      expect((await store.tenant("acme"))?.name).toBe("New");
      expect(await store.siteKey("pk_acme")).toBeNull();
      expect((await store.siteKey("pk_rotated"))?.generation).toBe(2);
      expect(await store.signingKeys("acme")).toEqual([{ ...signingKey, secret: "other" }]);
      expect(await store.apiKey(apiKey.hash)).toBeNull();
      expect(await store.apiKey("cd".repeat(32))).toMatchObject({ id: "api" });
    });

    test("knows a rotated key by its former text for as long as it is listed", async () => {
      const former = [{ key: "pk_acme", generation: 1, expiresAt: 5 }];
      const rotated = { ...siteKey, key: "pk_rotated", generation: 2, former };
      await store.putSiteKey(siteKey);
      await store.putSiteKey(rotated);
      expect(await store.siteKey("pk_acme")).toEqual(rotated);
      expect(await store.siteKey("pk_rotated")).toEqual(rotated);
      await store.putSiteKey({ ...rotated, former: [] });
      expect(await store.siteKey("pk_acme")).toBeNull();
    });

    test("changes a site key only from the revision that its writer saw, where that is asked for", async () => {
      await store.putSiteKey(siteKey);
      expect(await store.putSiteKey({ ...siteKey, name: "Second", revision: 2 }, 1)).toBe(true);
      expect(await store.putSiteKey({ ...siteKey, name: "Late", revision: 2 }, 1)).toBe(false);
      expect(await store.putSiteKey({ ...siteKey, id: "gone", key: "pk_gone" }, 1)).toBe(false);
      expect(await store.siteKeys("acme")).toMatchObject([{ id: "site", name: "Second", revision: 2 }]);
      expect(await store.putSiteKey({ ...siteKey, name: "Forced", revision: 3 })).toBe(true);
    });

    test("never gives a text that once was a site key to another", async () => {
      await store.putSiteKey(siteKey);
      await store.putSiteKey({ ...siteKey, key: "pk_rotated" });
      await expect(store.putSiteKey({ ...siteKey, id: "thief" })).rejects.toThrow();
      await store.deleteSiteKey("acme", "site");
      await expect(store.putSiteKey({ ...siteKey, tenant: "thief", key: "pk_rotated" })).rejects.toThrow();
      expect(await store.siteKey("pk_rotated")).toBeNull();
    });

    test("changes a tenant only from the revision that its writer saw", async () => {
      await store.putTenant(tenant, null);
      const [first, second] = await Promise.all([
        store.putTenant({ ...tenant, name: "One", revision: 2 }, 1),
        store.putTenant({ ...tenant, name: "Two", revision: 2 }, 1),
      ]);
      expect([first, second].toSorted()).toEqual([false, true]);
      expect((await store.tenant("acme"))?.name).toBe(first ? "One" : "Two");
      expect(await store.putTenant({ ...tenant, revision: 2 }, 1)).toBe(false);
      expect(await store.putTenant(tenant, null)).toBe(false);
      expect(await store.putTenant({ ...tenant, id: "nobody", revision: 2 }, 1)).toBe(false);
      expect(await store.tenant("nobody")).toBeNull();
    });

    test("deletes a tenant with its keys, and never gives its id again", async () => {
      await store.putTenant(tenant, null);
      await store.putTenant({ ...tenant, id: "other" }, null);
      for (const owner of ["acme", "other"]) {
        await store.putSiteKey({ ...siteKey, tenant: owner, key: `pk_${owner}` });
        await store.putSigningKey({ ...signingKey, tenant: owner });
        await store.putApiKey({ ...apiKey, tenant: owner, hash: owner });
      }
      expect(await store.deleteTenant("acme", 2, 0)).toBe(false);
      expect(await store.deleteTenant("acme", 1, 0)).toBe(true);
      expect(await store.deleteTenant("acme", 1, 0)).toBe(false);
      expect(await store.tenant("acme")).toBeNull();
      expect(await store.siteKey("pk_acme")).toBeNull();
      expect(await store.siteKeys("acme")).toEqual([]);
      expect(await store.signingKeys("acme")).toEqual([]);
      expect(await store.apiKey("acme")).toBeNull();
      expect(await store.putTenant(tenant, null)).toBe(false);
      expect(await store.putTenant({ ...tenant, revision: 3 }, 2)).toBe(false);
      expect((await store.tenants({ limit: 10 })).tenants.map(({ id }) => id)).toEqual(["other"]);
      expect(await store.siteKey("pk_other")).toMatchObject({ tenant: "other" });
      expect(await store.apiKeys("other")).toHaveLength(1);
    });

    test("lists deleted tenants until they are forgotten, and their ids stay taken after that", async () => {
      for (const id of ["first", "second", "kept"]) await store.putTenant({ ...tenant, id }, null);
      expect(await store.deletedTenants()).toEqual([]);
      await store.deleteTenant("second", 1, 2_000);
      await store.deleteTenant("first", 1, 1_000);
      await store.deleteTenant("kept", 7, 3_000);
      await store.forgotten("kept");
      expect(await store.deletedTenants()).toEqual([
        { id: "first", deletedAt: 1_000 },
        { id: "second", deletedAt: 2_000 },
      ]);
      const version = await store.version();
      for (let twice = 0; twice < 2; twice++) await store.forgotten("first");
      expect(await store.version()).toBe(version);
      expect(await store.deletedTenants()).toEqual([{ id: "second", deletedAt: 2_000 }]);
      expect(await store.putTenant({ ...tenant, id: "first" }, null)).toBe(false);
      expect(await store.tenant("kept")).not.toBeNull();
      await store.deleteTenant("kept", 1, 4_000);
      expect((await store.deletedTenants()).map(({ id }) => id)).toEqual(["second", "kept"]);
    });

    test("lists tenants in pages, in the order of their ids", async () => {
      const ids = ["a", "B", "a.1", "a_1", "a-1", "0", "z"];
      for (const id of ids) await store.putTenant({ ...tenant, id }, null);
      await store.deleteTenant("a.1", 1, 0);
      const seen: string[] = [];
      let after: string | null = "";
      for (let pages = 0; after !== null && pages < 10; pages++) {
        const page = await store.tenants({ limit: 2, ...(after === "" ? {} : { after }) });
        expect(page.tenants.length).toBeLessThanOrEqual(2);
        seen.push(...page.tenants.map(({ id }) => id));
        after = page.next;
      }
      expect(seen).toEqual(["0", "B", "a", "a-1", "a_1", "z"]);
      expect(await store.tenants({ after: "z", limit: 2 })).toEqual({ tenants: [], next: null });
      expect((await store.tenants({ limit: 6 })).next).toBeNull();
    });

    test("stores a signing key anew only where it is there", async () => {
      await store.putSigningKey(signingKey);
      const before = await store.version();
      expect(await store.replaceSigningKey({ ...signingKey, secret: "resealed" })).toBe(true);
      expect(await store.version()).toBeGreaterThan(before);
      expect(await store.signingKeys("acme")).toEqual([{ ...signingKey, secret: "resealed" }]);
      await store.deleteSigningKey("acme", "k1");
      expect(await store.replaceSigningKey(signingKey)).toBe(false);
      expect(await store.signingKeys("acme")).toEqual([]);
    });

    test("deletes keys one by one", async () => {
      await store.putSiteKey(siteKey);
      await store.putSigningKey(signingKey);
      await store.putApiKey(apiKey);
      expect(await store.deleteSiteKey("other", "site")).toBe(false);
      expect(await store.deleteSiteKey("acme", "site")).toBe(true);
      expect(await store.deleteSigningKey("acme", "k1")).toBe(true);
      expect(await store.deleteApiKey("acme", "api")).toBe(true);
      expect(await store.deleteApiKey("acme", "api")).toBe(false);
      expect(await store.siteKey("pk_acme")).toBeNull();
      expect(await store.signingKeys("acme")).toEqual([]);
      expect(await store.apiKey(apiKey.hash)).toBeNull();
    });

    test("remembers the last use of keys that are there, and raises no version for it", async () => {
      await store.putSiteKey(siteKey);
      await store.putSigningKey(signingKey);
      await store.putApiKey(apiKey);
      const before = await store.version();
      const use = { tenant: "acme", at: 2_000 };
      await store.used([
        { ...use, kind: "site-key", id: "site" },
        { ...use, kind: "signing-key", id: "k1" },
        { ...use, kind: "api-key", id: "api" },
        { ...use, kind: "api-key", id: "gone" },
        { ...use, kind: "api-key", id: "api", tenant: "other" },
      ]);
      await store.used([{ ...use, kind: "site-key", id: "site", at: 1_000 }]);
      expect(await store.version()).toBe(before);
      await store.putSiteKey({ ...siteKey, name: "Renamed" });
      expect(await store.siteKey("pk_acme")).toMatchObject({ name: "Renamed", lastUsedAt: 2_000 });
      expect(await store.siteKeys("acme")).toMatchObject([{ lastUsedAt: 2_000 }]);
      expect(await store.signingKeys("acme")).toMatchObject([{ lastUsedAt: 2_000 }]);
      expect(await store.apiKey(apiKey.hash)).toMatchObject({ lastUsedAt: 2_000 });
      expect(await store.apiKeys("acme")).toHaveLength(1);
      await store.deleteApiKey("acme", "api");
      await store.putApiKey(apiKey);
      expect(await store.apiKey(apiKey.hash)).toMatchObject({ lastUsedAt: null });
    });

    test("keeps tenants with the same ids of keys apart", async () => {
      await store.putSiteKey(siteKey);
      await store.putSiteKey({ ...siteKey, tenant: "other", key: "pk_other" });
      await store.putSigningKey(signingKey);
      await store.putSigningKey({ ...signingKey, tenant: "other", secret: "theirs" });
      await store.putSigningKey({ ...made, kid: "k0", tenant: "acme", algorithm: "ES256", publicKey: "PEM" });
      await store.putApiKey(apiKey);
      await store.putApiKey({ ...apiKey, tenant: "other", hash: "cd".repeat(32) });
      expect((await store.siteKey("pk_acme"))?.tenant).toBe("acme");
      expect((await store.siteKey("pk_other"))?.tenant).toBe("other");
      expect((await store.signingKeys("acme")).map(({ kid }) => kid)).toEqual(["k0", "k1"]);
      expect(await store.signingKeys("other")).toEqual([
        { ...signingKey, tenant: "other", secret: "theirs" },
      ]);
      expect((await store.apiKey(apiKey.hash))?.tenant).toBe("acme");
    });

    test("never lets a key that is taken pass to another", async () => {
      await store.putSiteKey(siteKey);
      await store.putApiKey(apiKey);
      await expect(store.putSiteKey({ ...siteKey, tenant: "thief" })).rejects.toThrow();
      await expect(store.putApiKey({ ...apiKey, tenant: "thief" })).rejects.toThrow();
      expect((await store.siteKey("pk_acme"))?.tenant).toBe("acme");
      expect((await store.apiKey(apiKey.hash))?.tenant).toBe("acme");
    });

    test("raises its version with every write and with no read", async () => {
      const versions = [await store.version()];
      const writes = [
        () => store.putTenant(tenant, null),
        () => store.putSiteKey(siteKey),
        () => store.putSigningKey(signingKey),
        () => store.putApiKey(apiKey),
        () => store.deleteApiKey("acme", "api"),
        () => store.putTenant({ ...tenant, revision: 2 }, 1),
        () => store.deleteTenant("acme", 2, 0),
      ];
      for (const write of writes) {
        await write();
        await store.tenant("acme");
        versions.push(await store.version());
      }
      expect(new Set(versions).size).toBe(8);
      expect(versions).toEqual(versions.toSorted((one, other) => one - other));
      await Promise.all([store.putSiteKey(siteKey), store.putApiKey(apiKey)]);
      expect(await store.version()).toBeGreaterThan(versions.at(-1) ?? 0);
    });
  });
}
