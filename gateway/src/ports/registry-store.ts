/** A tier of R24; what each allows stands in `tenants/tiers.ts`. */
export type Tier = "free" | "professional" | "enterprise" | "unlimited";

/** Per-user limits and the tenant's monthly budget; null is none, absent is the tier's. */
export interface LimitOverrides {
  readonly messagesPerMinute?: number | null;
  readonly messagesPerHour?: number | null;
  readonly concurrentStreams?: number | null;
  readonly tokensPerMonth?: number | null;
}

/** A tenant as the registry keeps it. */
export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  /** The model's name in `llm/models.ts`. */
  readonly model: string;
  readonly systemPrompt: string;
  readonly cache: { readonly exact: boolean; readonly ttlSeconds: number };
  readonly limits: LimitOverrides;
  /** Seconds after a user's last socket went that their replies run on. */
  readonly abandonSeconds: number;
  /** Whether `?token=` is taken on the upgrade. */
  readonly allowQueryToken: boolean;
  /** Look and words of the widget, handed to it as they are. */
  readonly look: Readonly<Record<string, string | number | boolean>>;
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
}

/** A key that a tenant's own identity provider signs JWTs with. One algorithm each. */
export type SigningKeyRecord = {
  readonly kid: string;
  readonly tenant: string;
} & (
  | {
      readonly algorithm: "HS256" /** The shared secret, sealed at rest by the registry's owner. */;
      readonly secret: string;
    }
  | { readonly algorithm: "RS256" | "ES256" /** PEM. */; readonly publicKey: string }
);

/** A key of a tenant's back end (`sk`) or admin (`ak`). Only its hash is kept. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: "sk" | "ak";
  /** SHA-256 of the key, hex. */
  readonly hash: string;
}

/**
 * Tenants and keys. The look-ups here are what authentication starts from, so they are by key and not by
 * tenant; whatever they return names its tenant. Writes are durable when they resolve, and raise `version`.
 */
export interface RegistryStore {
  /** Rises with every write, by whatever process. */
  version(): Promise<number>;
  tenant(id: string): Promise<TenantRecord | null>;
  siteKey(key: string): Promise<SiteKeyRecord | null>;
  signingKeys(tenant: string): Promise<readonly SigningKeyRecord[]>;
  apiKey(hash: string): Promise<ApiKeyRecord | null>;
  /** Makes or replaces what has the same `id`. */
  putTenant(tenant: TenantRecord): Promise<void>;
  /** Makes or replaces what has the same `tenant` and `id`. Rejects where another one has the `key`. */
  putSiteKey(key: SiteKeyRecord): Promise<void>;
  /** Makes or replaces what has the same `tenant` and `kid`. */
  putSigningKey(key: SigningKeyRecord): Promise<void>;
  /** Makes or replaces what has the same `tenant` and `id`. Rejects where another one has the `hash`. */
  putApiKey(key: ApiKeyRecord): Promise<void>;
}
