import { z } from "zod";
import type { ApiKeyRecord, SigningKeyRecord, SiteKeyRecord, TenantRecord } from "../ports/registry-store.ts";
import { effectiveLimits } from "../tenants/tiers.ts";
import { Next } from "./paging.ts";

const Instant = z.iso.datetime();
const MaybeInstant = Instant.nullable();
const MaybeNumber = z.number().nullable();
const Prices = z.object({
  input: z.number().exactOptional(),
  output: z.number().exactOptional(),
  cachedInput: z.number().exactOptional(),
  cacheWrite: z.number().exactOptional(),
});

/** A tenant as the API shows it: whole, with the limits that hold and without secrets. */
export const TenantView = z
  .object({
    id: z.string(),
    name: z.string(),
    tier: z.enum(["free", "professional", "enterprise", "unlimited"]),
    model: z.string(),
    models: z.object({
      simple: z.string().nullable(),
      moderate: z.string().nullable(),
      complex: z.string().nullable(),
    }),
    summaryModel: z.string().nullable(),
    allowedModels: z.array(z.string()).nullable(),
    systemPrompt: z.string(),
    examples: z.array(z.object({ question: z.string(), answer: z.string() })),
    cache: z.object({
      exact: z.boolean(),
      semantic: z.boolean(),
      threshold: z.number(),
      ttlSeconds: z.number(),
    }),
    limits: z.object({
      messagesPerMinute: MaybeNumber,
      messagesPerHour: MaybeNumber,
      concurrentStreams: MaybeNumber,
      tokensPerMonth: MaybeNumber,
      tenant: z.object({
        messagesPerMinute: MaybeNumber,
        messagesPerHour: MaybeNumber,
        concurrentStreams: MaybeNumber,
      }),
    }),
    failover: z.array(z.string()),
    takeOver: z.enum(["restart", "continue", "end"]),
    abandonSeconds: z.number(),
    identifiedOnly: z.boolean(),
    retentionDays: MaybeNumber,
    attachments: z.object({ enabled: z.boolean(), maxBytes: z.number(), types: z.array(z.string()) }),
    look: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    prices: z.record(z.string(), Prices),
    allowQueryToken: z.boolean(),
    challenge: z.union([
      z.object({ kind: z.literal("none") }),
      z.object({ kind: z.literal("proof-of-work"), difficulty: z.number() }),
      z.object({ kind: z.literal("turnstile"), siteKey: z.string(), verifyUrl: z.string() }),
    ]),
    revision: z.number(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: "Tenant" });

/** Shows a tenant. */
export function tenantView(tenant: TenantRecord): z.input<typeof TenantView> {
  const { seedDigest: _seed, loweredFrom: _granted, challenge, examples, allowedModels, ...shown } = tenant;
  return {
    ...shown,
    models: { ...shown.models },
    allowedModels: allowedModels === null ? null : [...allowedModels],
    examples: examples.map((example) => ({ ...example })),
    failover: [...shown.failover],
    attachments: { ...shown.attachments, types: [...shown.attachments.types] },
    limits: effectiveLimits(tenant),
    challenge:
      challenge.kind === "turnstile"
        ? { kind: challenge.kind, siteKey: challenge.siteKey, verifyUrl: challenge.verifyUrl }
        : challenge,
    createdAt: instant(tenant.createdAt),
    updatedAt: instant(tenant.updatedAt),
  };
}

/** A site key as the API shows it. */
export const SiteKeyView = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    allowedOrigins: z.array(z.string()),
    limits: z.object({
      sessionsPerMinute: z.number().exactOptional(),
      upgradesPerMinute: z.number().exactOptional(),
      ranges: z.array(z.string()).exactOptional(),
    }),
    dailyTokens: MaybeNumber,
    former: z
      .array(z.object({ key: z.string(), expiresAt: Instant }))
      .describe("texts it had before, which still count until then"),
    revision: z.number(),
    createdAt: Instant,
    lastUsedAt: MaybeInstant,
  })
  .meta({ id: "SiteKey" });

/** Shows a site key, with those former texts that still count. */
export function siteKeyView(record: SiteKeyRecord, now: number): z.input<typeof SiteKeyView> {
  const { id, key, name, allowedOrigins, limits, dailyTokens, revision } = record;
  return {
    id,
    key,
    name,
    allowedOrigins: [...allowedOrigins],
    limits: { ...limits, ...(limits.ranges === undefined ? {} : { ranges: [...limits.ranges] }) } as z.input<
      typeof SiteKeyView
    >["limits"],
    dailyTokens,
    former: record.former
      .filter(({ expiresAt }) => expiresAt > now)
      .map((text) => ({ key: text.key, expiresAt: instant(text.expiresAt) })),
    revision,
    ...times(record),
  };
}

const KeyTimes = { createdAt: Instant, lastUsedAt: MaybeInstant };

/** A signing key as the API shows it: never with its secret. */
export const SigningKeyView = z
  .union([
    z.object({ kid: z.string(), algorithm: z.literal("HS256"), ...KeyTimes }),
    z.object({ kid: z.string(), algorithm: z.enum(["RS256", "ES256"]), publicKey: z.string(), ...KeyTimes }),
    z.object({
      kid: z.string(),
      algorithm: z.literal("JWKS"),
      jwksUrl: z.string(),
      issuer: z.string(),
      audience: z.string(),
      claims: z.object({
        user: z.string(),
        tenant: z.string().exactOptional(),
        name: z.string().exactOptional(),
      }),
      ...KeyTimes,
    }),
  ])
  .meta({ id: "SigningKey" });

/** Shows a signing key. */
export function signingKeyView(record: SigningKeyRecord): z.input<typeof SigningKeyView> {
  const { kid } = record;
  const shown = times(record);
  if (record.algorithm === "HS256") return { kid, algorithm: record.algorithm, ...shown };
  if (record.algorithm === "JWKS") {
    const { algorithm, jwksUrl, issuer, audience, claims } = record;
    return { kid, algorithm, jwksUrl, issuer, audience, claims, ...shown };
  }
  return { kid, algorithm: record.algorithm, publicKey: record.publicKey, ...shown };
}

/** An API key as the API shows it: never with the key. */
export const ApiKeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(["sk", "ak"]),
    role: z.enum(["viewer", "editor", "owner"]).exactOptional(),
    ...KeyTimes,
  })
  .meta({ id: "ApiKey" });

/** Shows an API key. */
export function apiKeyView(record: ApiKeyRecord): z.input<typeof ApiKeyView> {
  const { id, name, kind, role } = record;
  return { id, name, kind, ...(role === undefined ? {} : { role }), ...times(record) };
}

/** A moment as the API shows it. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A list of things under a name, with where it goes on. */
export function listView<Name extends string, Item extends z.ZodType>(name: Name, item: Item) {
  return z.object({ [name]: z.array(item), next: Next } as { [Key in Name]: z.ZodArray<Item> } & {
    next: typeof Next;
  });
}

function times({ createdAt, lastUsedAt }: { createdAt: number; lastUsedAt: number | null }) {
  return {
    createdAt: instant(createdAt),
    lastUsedAt: lastUsedAt === null ? null : instant(lastUsedAt),
  };
}
