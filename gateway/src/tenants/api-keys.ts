import { createHash } from "node:crypto";
import type { ApiKeyRecord } from "../ports/registry-store.ts";
import type { Randomness } from "../ports/system.ts";

/** Random bytes of a key. */
const KEY_BYTES = 24;

/** The digest under which an API key is kept: SHA-256, hex. Keys have 192 random bits, so no salt is needed. */
export function apiKeyHash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** A new API key, to be shown once. */
export function newApiKey(kind: ApiKeyRecord["kind"], randomness: Randomness): string {
  return `${kind}_${randomness.token(KEY_BYTES)}`;
}
