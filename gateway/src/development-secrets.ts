import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "./config.ts";
import { makeDataDirectory } from "./data-directory.ts";
import type { Randomness } from "./ports/system.ts";

/** The secrets the gateway runs with. */
export interface Secrets {
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly adminKey: string;
  /** Whether the admin key was made just now: it is printed once then. */
  readonly adminKeyIsNew: boolean;
}

const FileContent = z.object({ secret: z.string().min(32), adminKey: z.string().min(16) });

/**
 * The secrets that the environment gives; in development those it does not are made once and kept in the data
 * directory, readable by their owner alone. Production never gets here without them: `config.ts` refuses.
 */
export async function resolveSecrets(config: Config, randomness: Randomness): Promise<Secrets> {
  const { secret, adminKey, previousSecret } = config;
  if (secret !== null && adminKey !== null) return { secret, adminKey, previousSecret, adminKeyIsNew: false };
  await makeDataDirectory(config.dataDirectory);
  const path = join(config.dataDirectory, "development-secrets.json");
  const known = await readSecrets(path);
  const kept = known ?? { secret: randomness.token(48), adminKey: `op_${randomness.token(24)}` };
  if (known === null) {
    await writeFile(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  }
  return {
    secret: secret ?? kept.secret,
    adminKey: adminKey ?? kept.adminKey,
    previousSecret,
    adminKeyIsNew: known === null && adminKey === null,
  };
}

async function readSecrets(path: string): Promise<z.infer<typeof FileContent> | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return FileContent.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is damaged: delete it to have new secrets made (sessions made before will end)`);
  }
}
