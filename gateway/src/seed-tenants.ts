import { readFile } from "node:fs/promises";
import type { Config } from "./config.ts";
import { modelByName } from "./llm/models.ts";
import type { RegistryStore } from "./ports/registry-store.ts";
import type { Clock } from "./ports/system.ts";
import { type SeedFile, seedRegistry } from "./tenants/seed.ts";
import { DEMO_TENANT } from "./transport/routes/demo.ts";

/** The tenant that a first start makes outside production. */
export const DEMO_SEED: SeedFile = {
  tenants: [
    {
      id: DEMO_TENANT,
      name: "Parlance demo",
      tier: "professional",
      systemPrompt:
        "You are the assistant on a company's website. Answer in Markdown, briefly and truthfully, and say so when you do not know.",
      siteKeys: [
        { key: "pk_demo", name: "demo page", allowedOrigins: ["http://localhost:*", "http://127.0.0.1:*"] },
      ],
    },
  ],
};

/**
 * Writes the demo tenant, where it belongs and is not there yet, then what `PARLANCE_CONFIG` names.
 *
 * @returns whether the demo tenant is there
 */
export async function seedTenants(
  config: Config,
  registry: RegistryStore,
  given: { defaultModel: string; clock: Clock; skipped(tenant: string): void },
): Promise<boolean> {
  const options = { ...given, knownModel: (name: string) => modelByName(name) !== undefined };
  if (!config.production && (await registry.tenant(DEMO_TENANT)) === null) {
    await seedRegistry(registry, DEMO_SEED, { ...options, source: "the demo tenant" });
  }
  if (config.seedFile !== null) {
    await seedRegistry(registry, await readSeedFile(config.seedFile), {
      ...options,
      source: config.seedFile,
    });
  }
  return !config.production && (await registry.tenant(DEMO_TENANT)) !== null;
}

async function readSeedFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Error(
      `PARLANCE_CONFIG: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`,
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`PARLANCE_CONFIG: ${path} is not JSON`);
  }
}
