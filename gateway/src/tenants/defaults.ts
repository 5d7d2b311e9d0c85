import type { ApiKeyRecord, SigningKeyRecord, SiteKeyRecord, TenantRecord } from "../ports/registry-store.ts";

/** What a tenant is as long as nobody says otherwise; `model` is the gateway's own default. */
export const TENANT_DEFAULTS = {
  tier: "professional",
  models: { simple: null, moderate: null, complex: null },
  summaryModel: null,
  allowedModels: null,
  systemPrompt: "You are a helpful assistant. Answer in Markdown, briefly and truthfully.",
  examples: [],
  cache: { exact: true, semantic: false, threshold: 0.95, ttlSeconds: 3_600 },
  limits: {},
  loweredFrom: {},
  failover: [],
  takeOver: "restart",
  abandonSeconds: 30,
  identifiedOnly: false,
  retentionDays: null,
  attachments: {
    enabled: true,
    maxBytes: 10 * 1024 * 1024,
    types: ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"],
  },
  look: {},
  prices: {},
  allowQueryToken: false,
  challenge: { kind: "none" },
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
} as const satisfies Omit<TenantRecord, "id" | "name" | "model">;

/** A record as some version kept it: fields that came later are absent. */
type Kept<Full, Always extends keyof Full> = Partial<Full> & Pick<Full, Always>;

/** A tenant's record with the defaults of what it does not say. */
export function completeTenant(kept: Kept<TenantRecord, "id" | "name" | "model">): TenantRecord {
  return {
    ...TENANT_DEFAULTS,
    ...kept,
    models: { ...TENANT_DEFAULTS.models, ...kept.models },
    cache: { ...TENANT_DEFAULTS.cache, ...kept.cache },
    attachments: { ...TENANT_DEFAULTS.attachments, ...kept.attachments },
  };
}

/** A site key's record with the defaults of what it does not say. */
export function completeSiteKey(
  kept: Kept<SiteKeyRecord, "id" | "tenant" | "key" | "name" | "allowedOrigins" | "generation">,
): SiteKeyRecord {
  return { former: [], limits: {}, dailyTokens: null, revision: 1, createdAt: 0, lastUsedAt: null, ...kept };
}

/** A signing key's record with the defaults of what it does not say. */
export function completeSigningKey(kept: SigningKeyRecord): SigningKeyRecord {
  return { ...NEVER, ...kept };
}

/** An API key's record with the defaults of what it does not say: an `ak` without a role was made to do all. */
export function completeApiKey(kept: ApiKeyRecord): ApiKeyRecord {
  return { ...NEVER, ...(kept.kind === "ak" ? { role: "owner" as const } : {}), ...kept };
}

const NEVER = { createdAt: 0, lastUsedAt: null };
