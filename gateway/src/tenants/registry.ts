import type {
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../ports/registry-store.ts";
import { completeApiKey, completeSigningKey, completeSiteKey, completeTenant } from "./defaults.ts";
import type { DerivedKeys } from "./derived-keys.ts";
import { isSealed, SealBroken, seal, unseal } from "./sealing.ts";

/**
 * The registry as everything but adapters sees it: records are whole whatever version wrote them, secrets are
 * sealed on the way in and opened on the way out, and a site key that is found by a former text shows that text,
 * with its end in `expiresAt`.
 *
 * @param options.failed told of a secret that cannot be opened; its key is left out, its tenant's others work on
 */
export function createRegistry(
  store: RegistryStore,
  options: { keys: DerivedKeys; failed(error: unknown): void },
): RegistryStore {
  const { keys, failed } = options;

  const sealTenant = (tenant: TenantRecord): TenantRecord => {
    const { challenge } = tenant;
    if (challenge.kind !== "turnstile") return tenant;
    const secret = seal(challenge.secret, challengePlace(tenant.id), keys);
    return { ...tenant, challenge: { ...challenge, secret } };
  };
  const sealSigningKey = (key: SigningKeyRecord): SigningKeyRecord =>
    key.algorithm === "HS256" ? { ...key, secret: seal(key.secret, signingPlace(key), keys) } : key;
  const openTenant = (kept: TenantRecord): TenantRecord => {
    const tenant = completeTenant(kept);
    const { challenge } = tenant;
    if (challenge.kind !== "turnstile" || !isSealed(challenge.secret)) return tenant;
    const secret = opened(challenge.secret, challengePlace(tenant.id));
    // Where it cannot be opened the tenant stays, and no answer to its challenge holds.
    return secret === null ? tenant : { ...tenant, challenge: { ...challenge, secret } };
  };
  const opened = (secret: string, place: string): string | null => {
    try {
      return unseal(secret, place, keys);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      failed(error);
      return null;
    }
  };
  const openSigningKey = (kept: SigningKeyRecord): SigningKeyRecord[] => {
    const key = completeSigningKey(kept);
    if (key.algorithm !== "HS256" || !isSealed(key.secret)) return [key];
    const secret = opened(key.secret, signingPlace(key));
    return secret === null ? [] : [{ ...key, secret }];
  };

  return {
    ...store,
    async tenant(id) {
      const kept = await store.tenant(id);
      return kept === null ? null : openTenant(kept);
    },
    async tenants(page) {
      const { tenants, next } = await store.tenants(page);
      return { tenants: tenants.map(openTenant), next };
    },
    async siteKey(key) {
      const kept = await store.siteKey(key);
      return kept === null ? null : asShown(completeSiteKey(kept), key);
    },
    async siteKeys(tenant) {
      return (await store.siteKeys(tenant)).map(completeSiteKey);
    },
    async signingKeys(tenant) {
      return (await store.signingKeys(tenant)).flatMap(openSigningKey);
    },
    async apiKey(hash) {
      const kept = await store.apiKey(hash);
      return kept === null ? null : completeApiKey(kept);
    },
    async apiKeys(tenant) {
      return (await store.apiKeys(tenant)).map(completeApiKey);
    },
    putTenant: (tenant, replaces) => store.putTenant(sealTenant(tenant), replaces),
    putSigningKey: (key) => store.putSigningKey(sealSigningKey(key)),
    replaceSigningKey: (key) => store.replaceSigningKey(sealSigningKey(key)),
  };
}

/** The site key as a text shows it: the text it has, or one that it had. */
function asShown(record: SiteKeyRecord, key: string): SiteKeyRecord | null {
  if (record.key === key) return record;
  const former = record.former.find((text) => text.key === key);
  return former === undefined ? null : { ...record, ...former, former: [] };
}

function signingPlace({ tenant, kid }: { tenant: string; kid: string }): string {
  return JSON.stringify(["signing-key", tenant, kid]);
}

function challengePlace(tenant: string): string {
  return JSON.stringify(["challenge", tenant]);
}
