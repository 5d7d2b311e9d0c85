import { createHash } from "node:crypto";

/** The digest under which an API key is kept: SHA-256, hex. Keys have 192 random bits, so no salt is needed. */
export function apiKeyHash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
