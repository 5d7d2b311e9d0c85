import { copyFile, link, readFile, unlink, writeFile } from "node:fs/promises";
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
  const kept = known ?? (await makeSecrets(path, randomness));
  return {
    secret: secret ?? kept.secret,
    adminKey: adminKey ?? kept.adminKey,
    previousSecret,
    adminKeyIsNew: known === null && adminKey === null,
  };
}

/** Makes them, whole or not at all: of several processes that start at once, one does, and all have what it made. */
async function makeSecrets(path: string, randomness: Randomness): Promise<z.infer<typeof FileContent>> {
  const made = { secret: randomness.token(48), adminKey: `op_${randomness.token(24)}` };
  const draft = `${path}.${randomness.token(8)}`;
  await writeFile(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      return (await readSecrets(path)) ?? (await makeSecrets(path, randomness));
    // A drive without links, such as exFAT: processes there have to be started one after the other.
    await copyFile(draft, path);
    return made;
  } finally {
    await unlink(draft);
  }
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
