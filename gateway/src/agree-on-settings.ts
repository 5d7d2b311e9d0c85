import { createHash } from "node:crypto";
import type { Secrets } from "./development-secrets.ts";
import type { InstanceDirectory } from "./ports/instance-directory.ts";

/** Seconds for which what an instance runs with is held against the next one that starts, and how often it says so. */
const AGREED_SECONDS = 30;
const SAY_EVERY_SECONDS = 10;

/**
 * Compares what instances on one Redis must share, the archive and the secret that signs sessions, and goes on
 * saying what this one runs with.
 *
 * @param failed told where it cannot be said
 * @returns ends that
 * @throws where another instance runs with another archive or secret, naming which
 */
export async function agreeOnSettings(
  instances: InstanceDirectory,
  { secrets, archive }: { secrets: Secrets; archive: string },
  failed: (error: unknown) => void,
): Promise<() => void> {
  const secret = fingerprint(secrets.secret);
  const former = secrets.previousSecret === null ? null : fingerprint(secrets.previousSecret);
  const place = fingerprint(archive);
  const say = (): Promise<[string, string]> =>
    Promise.all([
      instances.agree("secret", secret, AGREED_SECONDS),
      instances.agree("archive", place, AGREED_SECONDS),
    ]);
  const [agreedSecret, agreedPlace] = await say();
  if (agreedSecret !== secret && agreedSecret !== former) {
    throw new Error(
      "PARLANCE_SECRET: other instances on this REDIS_URL run with another secret; give all the same",
    );
  }
  if (agreedPlace !== place) {
    throw new Error(
      "ARCHIVE, DATA_DIR or DYNAMODB_TABLE: other instances on this REDIS_URL keep another archive; give all the same",
    );
  }
  const timer = setInterval(() => void say().catch(failed), SAY_EVERY_SECONDS * 1000);
  return () => clearInterval(timer);
}

function fingerprint(text: string): string {
  return createHash("sha256").update(`parlance/fingerprint ${text}`).digest("base64url").slice(0, 22);
}
