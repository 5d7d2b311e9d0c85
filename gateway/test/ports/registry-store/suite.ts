import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type {
  ApiKeyRecord,
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../../../src/ports/registry-store.ts";

const tenant: TenantRecord = {
  id: "acme",
  name: "Acme: {the} #1 / 🙂",
  tier: "professional",
  model: "simulator",
  systemPrompt: "Be brief.\u0000",
  cache: { exact: true, ttlSeconds: 60 },
  limits: { messagesPerMinute: null, tokensPerMonth: 5 },
  abandonSeconds: 30,
  allowQueryToken: false,
  look: { accent: "#123456", round: true, size: 3 },
};
const siteKey: SiteKeyRecord = {
  id: "site",
  tenant: "acme",
  key: "pk_acme",
  name: "Site",
  allowedOrigins: ["https://*.acme.example", "null"],
  generation: 1,
};
const signingKey = {
  kid: "k1",
  tenant: "acme",
  algorithm: "HS256",
  secret: "sealed",
} as const satisfies SigningKeyRecord;
const apiKey: ApiKeyRecord = {
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
    });

    test("gives back what was put, to the field", async () => {
      await store.putTenant(tenant);
      await store.putSiteKey(siteKey);
      await store.putSigningKey(signingKey);
      await store.putApiKey(apiKey);
      expect(await store.tenant("acme")).toEqual(tenant);
      expect(await store.siteKey("pk_acme")).toEqual(siteKey);
      expect(await store.signingKeys("acme")).toEqual([signingKey]);
      expect(await store.apiKey(apiKey.hash)).toEqual(apiKey);
    });

    test("replaces what has the same id, so that a rotated key's former text is dead", async () => {
      await store.putTenant(tenant);
      await store.putTenant({ ...tenant, name: "New" });
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

    test("keeps tenants with the same ids of keys apart", async () => {
      await store.putSiteKey(siteKey);
      await store.putSiteKey({ ...siteKey, tenant: "other", key: "pk_other" });
      await store.putSigningKey(signingKey);
      await store.putSigningKey({ ...signingKey, tenant: "other", secret: "theirs" });
      await store.putSigningKey({ kid: "k0", tenant: "acme", algorithm: "ES256", publicKey: "PEM" });
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
        () => store.putTenant(tenant),
        () => store.putSiteKey(siteKey),
        () => store.putSigningKey(signingKey),
        () => store.putApiKey(apiKey),
        () => store.putTenant(tenant),
      ];
      for (const write of writes) {
        await write();
        await store.tenant("acme");
        versions.push(await store.version());
      }
      expect(new Set(versions).size).toBe(6);
      expect(versions).toEqual(versions.toSorted((one, other) => one - other));
      await Promise.all(writes.map((write) => write()));
      expect(await store.version()).toBeGreaterThan(versions.at(-1) ?? 0);
    });
  });
}
