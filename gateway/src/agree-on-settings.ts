import { createHash } from "node:crypto";
import type { Secrets } from "./development-secrets.ts";
import type { InstanceDirectory } from "./ports/instance-directory.ts";

/** Seconds for which what an instance found is held against the next one that starts. */
const AGREED_SECONDS = 30;

/**
 * Compares what instances on one Redis must share: the archive, and the secret that signs sessions.
 *
 * @throws where another instance runs with another archive or secret, naming which
 */
export async function agreeOnSettings(
  instances: InstanceDirectory,
  { secrets, archive }: { secrets: Secrets; archive: string },
): Promise<void> {
  const mine = fingerprint(secrets.secret);
  const secret = await instances.agree("secret", mine, AGREED_SECONDS);
  const former = secrets.previousSecret === null ? null : fingerprint(secrets.previousSecret);
  if (secret !== mine && secret !== former) {
    throw new Error(
      "PARLANCE_SECRET: other instances on this REDIS_URL run with another secret; give all the same",
    );
  }
  const shared = fingerprint(archive);
  if ((await instances.agree("archive", shared, AGREED_SECONDS)) !== shared) {
    throw new Error(
      "ARCHIVE, DATA_DIR or DYNAMODB_TABLE: other instances on this REDIS_URL keep another archive; give all the same",
    );
  }
}

function fingerprint(text: string): string {
  return createHash("sha256").update(`parlance/fingerprint ${text}`).digest("base64url").slice(0, 22);
}
