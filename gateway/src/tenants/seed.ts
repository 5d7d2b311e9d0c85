import { z } from "zod";
import type { RegistryStore, TenantRecord } from "../ports/registry-store.ts";
import { apiKeyHash } from "./api-keys.ts";
import { originPatternProblem } from "./origins.ts";

const Name = z.string().min(1).max(200);
const TenantIdText = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "must be 1 to 64 of A-Z a-z 0-9 _ . -");
const Limit = z.int().min(0).nullable().optional();
const AllowedOrigin = z.string().superRefine((pattern, context) => {
  const problem = originPatternProblem(pattern);
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});

const SiteKey = z.strictObject({
  id: z.string().min(1).max(64).optional(),
  key: z.string().regex(/^pk_[A-Za-z0-9_-]{1,61}$/, "must begin with pk_"),
  name: Name.default("site"),
  allowedOrigins: z.array(AllowedOrigin).min(1, "must name at least one origin"),
  generation: z.int().min(1).default(1),
});
const SigningKey = z.discriminatedUnion("algorithm", [
  z.strictObject({
    kid: z.string().min(1).max(128),
    algorithm: z.literal("HS256"),
    secret: z.string().min(32, "must have at least 32 characters"),
  }),
  z.strictObject({
    kid: z.string().min(1).max(128),
    algorithm: z.enum(["RS256", "ES256"]),
    publicKey: z.string().includes("PUBLIC KEY", { message: "must be a public key in PEM" }),
  }),
]);
const ApiKey = z.strictObject({
  id: z.string().min(1).max(64).optional(),
  name: Name.default("seeded"),
  kind: z.enum(["sk", "ak"]),
  key: z.string().regex(/^(sk|ak)_[A-Za-z0-9_-]{24,}$/, "must be sk_ or ak_ and at least 24 characters"),
});

/** One tenant of a seed file, with its keys. */
const SeedTenant = z.strictObject({
  id: TenantIdText,
  name: Name.optional(),
  tier: z.enum(["free", "professional", "enterprise", "unlimited"]).default("professional"),
  model: z.string().min(1).max(128).optional(),
  systemPrompt: z
    .string()
    .max(100_000)
    .default("You are a helpful assistant. Answer in Markdown, briefly and truthfully."),
  cache: z
    .strictObject({
      exact: z.boolean().default(true),
      ttlSeconds: z.int().min(1).max(31_536_000).default(3_600),
    })
    .default({ exact: true, ttlSeconds: 3_600 }),
  limits: z
    .strictObject({
      messagesPerMinute: Limit,
      messagesPerHour: Limit,
      concurrentStreams: Limit,
      tokensPerMonth: Limit,
    })
    .default({}),
  abandonSeconds: z.int().min(1).max(86_400).default(30),
  allowQueryToken: z.boolean().default(false),
  look: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  siteKeys: z.array(SiteKey).default([]),
  signingKeys: z.array(SigningKey).default([]),
  apiKeys: z.array(ApiKey).default([]),
});

/** What `PARLANCE_CONFIG` names: tenants and their keys. */
export const SeedFileSchema = z.strictObject({ tenants: z.array(SeedTenant) });

/** A seed file's content, as written. */
export type SeedFile = z.input<typeof SeedFileSchema>;

/** A seed file that cannot be used: each mistake with its place. */
export class SeedError extends Error {
  constructor(source: string, problems: readonly string[]) {
    super(`${source} is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "SeedError";
  }
}

/**
 * Writes a seed's tenants and keys to the registry: what is there already under the same ids is replaced.
 *
 * @param options.source the file's name, for errors
 * @param options.defaultModel the model of tenants that name none
 * @throws {@link SeedError} with all mistakes at once, before anything is written
 */
export async function seedRegistry(
  store: RegistryStore,
  seed: unknown,
  options: { source: string; defaultModel: string; knownModel(name: string): boolean },
): Promise<void> {
  const parsed = SeedFileSchema.safeParse(seed);
  if (!parsed.success) {
    throw new SeedError(
      options.source,
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    );
  }
  const problems = parsed.data.tenants
    .filter(({ model }) => model !== undefined && !options.knownModel(model))
    .map(({ id, model }) => `tenant ${id}: model ${model} is not known`);
  if (problems.length > 0) throw new SeedError(options.source, problems);
  for (const { siteKeys, signingKeys, apiKeys, ...tenant } of parsed.data.tenants) {
    await store.putTenant(tenantRecord(tenant, options.defaultModel));
    for (const key of siteKeys) await store.putSiteKey({ ...key, id: key.id ?? key.key, tenant: tenant.id });
    for (const key of signingKeys) await store.putSigningKey({ ...key, tenant: tenant.id });
    for (const { key, ...rest } of apiKeys) {
      const hash = apiKeyHash(key);
      await store.putApiKey({ ...rest, id: rest.id ?? hash.slice(0, 16), tenant: tenant.id, hash });
    }
  }
}

type SeedTenantFields = Omit<z.output<typeof SeedTenant>, "siteKeys" | "signingKeys" | "apiKeys">;

function tenantRecord(tenant: SeedTenantFields, defaultModel: string): TenantRecord {
  const limits = Object.fromEntries(Object.entries(tenant.limits).filter(([, value]) => value !== undefined));
  return { ...tenant, name: tenant.name ?? tenant.id, model: tenant.model ?? defaultModel, limits };
}
