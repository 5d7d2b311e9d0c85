import type {
  ApiKeyRecord,
  RegistryStore,
  SigningKeyRecord,
  SiteKeyRecord,
  TenantRecord,
} from "../ports/registry-store.ts";
import type { Clock } from "../ports/system.ts";

/** Milliseconds between looks at the registry's version: a change by any process is live well within a second. */
const POLL_MILLISECONDS = 500;

/** Tenants and keys as the gateway reads them: from memory, as long as the registry's version stands. */
export interface TenantDirectory {
  tenant(id: string): Promise<TenantRecord | null>;
  /** Null also for a former text whose time is over. */
  siteKey(key: string): Promise<SiteKeyRecord | null>;
  signingKeys(tenant: string): Promise<readonly SigningKeyRecord[]>;
  apiKey(hash: string): Promise<ApiKeyRecord | null>;
  /** Forgets what is remembered: this process changed something, and the next read must see it. */
  refresh(): void;
  /**
   * Calls a listener after anything may have changed: it reads then what it has to know.
   *
   * @returns ends it
   */
  onChange(listener: () => void): () => void;
  /** Stops looking for changes. */
  close(): void;
}

/**
 * Puts a cache over a registry. What is not found is not remembered, so that made-up keys cost no memory.
 *
 * @param failed told of a failed look at the version; the cache is dropped then, and the next read tries anew
 */
export function createTenantDirectory(
  store: RegistryStore,
  clock: Clock,
  failed: (error: unknown) => void,
): TenantDirectory {
  const cache = new Map<string, Promise<unknown>>();
  const listeners = new Set<() => void>();
  let version: number | null = null;

  const forget = (): void => {
    cache.clear();
    for (const listener of listeners) listener();
  };

  const poll = setInterval(() => {
    store.version().then(
      (now) => {
        if (now === version) return;
        version = now;
        forget();
      },
      (error: unknown) => {
        cache.clear();
        failed(error);
      },
    );
  }, POLL_MILLISECONDS);

  const remembered = async <Value>(key: string, read: () => Promise<Value>): Promise<Value> => {
    const known = cache.get(key);
    if (known !== undefined) return (await known) as Value;
    const reading = read();
    cache.set(key, reading);
    const drop = (): void => {
      if (cache.get(key) === reading) cache.delete(key);
    };
    try {
      const value = await reading;
      if (value === null) drop();
      return value;
    } catch (error) {
      drop();
      throw error;
    }
  };

  return {
    tenant: (id) => remembered(`tenant ${id}`, () => store.tenant(id)),
    async siteKey(key) {
      const record = await remembered(`site-key ${key}`, () => store.siteKey(key));
      return record?.expiresAt !== undefined && record.expiresAt <= clock.now() ? null : record;
    },
    signingKeys: (tenant) => remembered(`signing-keys ${tenant}`, () => store.signingKeys(tenant)),
    apiKey: (hash) => remembered(`api-key ${hash}`, () => store.apiKey(hash)),
    refresh: forget,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(poll),
  };
}
