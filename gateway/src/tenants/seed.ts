import { createHash } from "node:crypto";
import { z } from "zod";
import type { RegistryStore, TenantRecord } from "../ports/registry-store.ts";
import type { Clock } from "../ports/system.ts";
import { apiKeyHash } from "./api-keys.ts";
import { applySettings, modelProblem } from "./apply-settings.ts";
import { TENANT_DEFAULTS } from "./defaults.ts";
import { ApiKeySettings, BroughtSigningKey, SharedSecret, SiteKeySettings } from "./key-settings.ts";
import { Name, TenantIdText, TenantSettings } from "./settings.ts";

/** Times that a tenant is tried, where another instance seeds the same at once. */
const ATTEMPTS = 10;

const KeyId = z.string().min(1).max(64).optional();

const SiteKey = SiteKeySettings.extend({
  id: KeyId,
  key: z.string().regex(/^pk_[A-Za-z0-9_-]{1,61}$/, "must begin with pk_"),
  generation: z.int().min(1).optional(),
});
const ApiKey = z.strictObject({
  ...ApiKeySettings.shape,
  id: KeyId,
  name: Name.default("seeded"),
  key: z.string().regex(/^(sk|ak)_[A-Za-z0-9_-]{24,}$/, "must be sk_ or ak_ and at least 24 characters"),
});

/** One tenant of a seed file, with its keys. */
const SeedTenant = TenantSettings.extend({
  id: TenantIdText,
  siteKeys: z.array(SiteKey).default([]),
  signingKeys: z.array(z.union([SharedSecret, BroughtSigningKey])).default([]),
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

/** What seeding goes by. */
export interface SeedOptions {
  /** The file's name, for errors. */
  readonly source: string;
  /** The model of tenants that name none. */
  readonly defaultModel: string;
  readonly knownModel: (name: string) => boolean;
  readonly clock: Clock;
  /** Told of a tenant that was deleted, and so is not made again. */
  readonly skipped: (tenant: string) => void;
}

/**
 * Writes a seed's tenants and keys to the registry. A tenant whose part of the seed is what was applied last is
 * left as it is, so that a start does not undo what was changed since; one whose part has changed is replaced,
 * and so are the keys it names.
 *
 * @throws {@link SeedError} with all mistakes at once, before anything is written
 */
export async function seedRegistry(store: RegistryStore, seed: unknown, options: SeedOptions): Promise<void> {
  const parsed = SeedFileSchema.safeParse(seed);
  if (!parsed.success) {
    throw new SeedError(
      options.source,
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    );
  }
  const seeds = parsed.data.tenants.map((each) => ({ each, record: recordOf(each, options) }));
  const problems = seeds.flatMap(({ record }) => {
    const problem = modelProblem(record, options.knownModel);
    return problem === null ? [] : [`tenant ${record.id}: ${problem}`];
  });
  if (problems.length > 0) throw new SeedError(options.source, problems);
  for (const { each, record } of seeds) await seedTenant(store, each, record, options);
}

type Seed = z.output<typeof SeedTenant>;

async function seedTenant(
  store: RegistryStore,
  seed: Seed,
  record: TenantRecord,
  options: SeedOptions,
): Promise<void> {
  const seedDigest = createHash("sha256").update(JSON.stringify(seed)).digest("hex");
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await store.tenant(record.id);
    if (current === null) {
      if (await store.putTenant(record, null)) continue;
      if ((await store.tenant(record.id)) !== null) continue;
      options.skipped(record.id);
      return;
    }
    if (current.seedDigest === seedDigest) return;
    // The digest comes last, in one write: a start that dies before it is made up for by the next, and of several
    // at once one writes it, and the others see it.
    await seedKeys(store, seed, record.createdAt);
    const { createdAt, revision } = current;
    if (await store.putTenant({ ...record, createdAt, seedDigest, revision: revision + 1 }, revision)) return;
  }
  throw new Error(`${options.source}: tenant ${record.id} is written by others again and again`);
}

async function seedKeys(store: RegistryStore, seed: Seed, now: number): Promise<void> {
  const made = { tenant: seed.id, createdAt: now, lastUsedAt: null };
  const before = new Map((await store.siteKeys(seed.id)).map((key) => [key.id, key]));
  for (const key of seed.siteKeys) {
    const id = key.id ?? key.key;
    const generation = key.generation ?? before.get(id)?.generation ?? 1;
    const revision = (before.get(id)?.revision ?? 0) + 1;
    await store.putSiteKey({ ...key, ...made, id, generation, revision, former: [] });
  }
  for (const key of seed.signingKeys) {
    if ("jwksUrl" in key) {
      await store.putSigningKey({ ...key, ...made, kid: key.kid ?? key.issuer, algorithm: "JWKS" });
    } else await store.putSigningKey({ ...key, ...made });
  }
  for (const { key, id, name, kind, role } of seed.apiKeys) {
    const hash = apiKeyHash(key);
    const granted = kind === "ak" ? { role: role ?? ("owner" as const) } : {};
    await store.putApiKey({ ...made, id: id ?? hash.slice(0, 16), name, kind, hash, ...granted });
  }
}

function recordOf(seed: Seed, { defaultModel, clock }: SeedOptions): TenantRecord {
  const { id, siteKeys, signingKeys, apiKeys, ...settings } = seed;
  const now = clock.now();
  const fresh = { ...TENANT_DEFAULTS, id, name: id, model: defaultModel, createdAt: now, updatedAt: now };
  return applySettings(fresh, settings);
}
