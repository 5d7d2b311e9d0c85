import type { TenantRecord } from "./tenant-record.ts";

export type {
  Challenge,
  LimitName,
  LimitOverrides,
  TakeOverPolicy,
  TenantCeilings,
  TenantPrices,
  TenantRecord,
  Tier,
} from "./tenant-record.ts";

/** A text that a rotated site key had, while it still counts. */
export interface FormerSiteKey {
  readonly key: string;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A public key of a website, bound to origins. */
export interface SiteKeyRecord {
  readonly id: string;
  readonly tenant: string;
  /** `pk_…`, as it stands in the page. */
  readonly key: string;
  readonly name: string;
  /** `https://a.example`, `https://*.example.com`, `http://localhost:*`, `null`. */
  readonly allowedOrigins: readonly string[];
  /** Rises when the key is rotated or its sessions are revoked; sessions carry it. */
  readonly generation: number;
  /** Former texts, latest first, each with its end. */
  readonly former: readonly FormerSiteKey[];
  /** Only in what a look-up by a former text gives: when that text ends. `key` and `generation` are its own then. */
  readonly expiresAt?: number;
  readonly limits: {
    /** Of one address; absent is the gateway's own. */
    readonly sessionsPerMinute?: number;
    readonly upgradesPerMinute?: number;
    /** Networks in CIDR notation whose addresses are not limited: offices behind one address. */
    readonly ranges?: readonly string[];
  };
  /** Tokens that all its visitors together may use a day, UTC; null is no limit. */
  readonly dailyTokens: number | null;
  /** Rises with every change: what `ETag` shows. The first is 1. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When a session was last made with it, to the minute; null is never. */
  readonly lastUsedAt: number | null;
}

/** Where a tenant's own identity provider puts what we ask for. */
export interface ClaimNames {
  readonly user: string;
  readonly tenant?: string;
  readonly name?: string;
}

/** A key that a tenant's own identity provider signs JWTs with. One algorithm each, or the keys a JWKS names. */
export type SigningKeyRecord = {
  readonly kid: string;
  readonly tenant: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
} & (
  | {
      readonly algorithm: "HS256";
      /** The shared secret; sealed at rest by `tenants/registry.ts`. */
      readonly secret: string;
    }
  | {
      readonly algorithm: "RS256" | "ES256";
      /** PEM. */
      readonly publicKey: string;
    }
  | {
      readonly algorithm: "JWKS";
      readonly jwksUrl: string;
      readonly issuer: string;
      readonly audience: string;
      readonly claims: ClaimNames;
    }
);

/** What an admin's key may do: read; change settings and site keys; everything of its tenant. */
export type Role = "viewer" | "editor" | "owner";

/** A key of a tenant's back end (`sk`) or admin (`ak`). Only its hash is kept. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly tenant: string;
  /** The person or service that holds it. */
  readonly name: string;
  readonly kind: "sk" | "ak";
  /** Of an `ak`. */
  readonly role?: Role;
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** Some tenants, in the order of their ids. */
export interface TenantPage {
  readonly tenants: readonly TenantRecord[];
  /** `after` of the next page, or null at the end. */
  readonly next: string | null;
}

/** A tenant that was deleted, and of whose users something may be kept still. */
export interface DeletedTenant {
  readonly id: string;
  /** Milliseconds since 1970; 0 where it is not known. */
  readonly deletedAt: number;
}

/** That a key was used. */
export interface KeyUse {
  readonly kind: "site-key" | "signing-key" | "api-key";
  readonly tenant: string;
  /** Its `id` or `kid`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Tenants and keys. The look-ups here are what authentication starts from, so they are by key and not by
 * tenant; whatever they return names its tenant. Writes are durable when they resolve, and raise `version`.
 * Records come back as they were put; a field that did not exist then is absent, and `tenants/registry.ts`, over
 * every store, puts in its default.
 */
export interface RegistryStore {
  /** Rises with every write but `used` and `forgotten`, by whatever process. */
  version(): Promise<number>;
  /** Null where there is none, or no more. */
  tenant(id: string): Promise<TenantRecord | null>;
  /** `after` is a former page's `next`. */
  tenants(page: { after?: string; limit: number }): Promise<TenantPage>;
  /** The site key that has this text, or had it and lists it in `former`: that of a former text is as stored too. */
  siteKey(key: string): Promise<SiteKeyRecord | null>;
  /** In the order of their ids. */
  siteKeys(tenant: string): Promise<readonly SiteKeyRecord[]>;
  /** In the order of their `kid`. */
  signingKeys(tenant: string): Promise<readonly SigningKeyRecord[]>;
  apiKey(hash: string): Promise<ApiKeyRecord | null>;
  /** In the order of their ids. */
  apiKeys(tenant: string): Promise<readonly ApiKeyRecord[]>;
  /**
   * Stores a tenant, where what is there has revision `replaces`; null: where there is none and never was. False:
   * it is otherwise, and nothing was changed. A deleted tenant's id is never given again.
   */
  putTenant(tenant: TenantRecord, replaces: number | null): Promise<boolean>;
  /** Deletes a tenant of that revision and all its keys, at a time. False: it is otherwise. */
  deleteTenant(id: string, revision: number, at: number): Promise<boolean>;
  /** Deleted tenants, the first to be deleted first, but those that were `forgotten`. */
  deletedTenants(): Promise<readonly DeletedTenant[]>;
  /** Of a deleted tenant's users nothing is kept any more. Twice is once. */
  forgotten(id: string): Promise<void>;
  /**
   * Makes or replaces what has the same `tenant` and `id`. Rejects where the `key` is, or ever was, another one's.
   *
   * @param replaces only where what is there has this revision
   * @returns false where it has another one, or is not there; nothing was changed then
   */
  putSiteKey(key: SiteKeyRecord, replaces?: number): Promise<boolean>;
  /** Makes or replaces what has the same `tenant` and `kid`. */
  putSigningKey(key: SigningKeyRecord): Promise<void>;
  /** Stores a key anew where there is one of the same `tenant` and `kid`. False where there is none, or no more. */
  replaceSigningKey(key: SigningKeyRecord): Promise<boolean>;
  /** Makes or replaces what has the same `tenant` and `id`. Rejects where another one has the `hash`. */
  putApiKey(key: ApiKeyRecord): Promise<void>;
  /** False where there is none. */
  deleteSiteKey(tenant: string, id: string): Promise<boolean>;
  deleteSigningKey(tenant: string, kid: string): Promise<boolean>;
  deleteApiKey(tenant: string, id: string): Promise<boolean>;
  /** Raises `lastUsedAt` of keys that are there. Does not raise `version`. A later put of the key keeps it. */
  used(uses: readonly KeyUse[]): Promise<void>;
}
