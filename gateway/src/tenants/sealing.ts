import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { DerivedKeys } from "./derived-keys.ts";

const PREFIX = "sealed:1:";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A secret that none of the keys opens: it was sealed under another one, or for another place. */
export class SealBroken extends Error {
  constructor(place: string) {
    super(
      `the secret of ${place} cannot be opened: was PARLANCE_SECRET changed without PARLANCE_SECRET_PREVIOUS?`,
    );
    this.name = "SealBroken";
  }
}

/** Whether a text is sealed: what is not was stored by a version that did not seal yet. */
export function isSealed(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Seals a secret for storage: AES-256-GCM under the key for `at-rest`.
 *
 * @param place what the secret belongs to; it opens only there
 */
export function seal(secret: string, place: string, keys: DerivedKeys): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keys.current("at-rest"), nonce);
  cipher.setAAD(Buffer.from(place));
  const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${PREFIX}${sealed.toString("base64url")}`;
}

/**
 * Opens what {@link seal} made, under any accepted key.
 *
 * @throws {@link SealBroken}
 */
export function unseal(text: string, place: string, keys: DerivedKeys): string {
  const sealed = Buffer.from(text.slice(PREFIX.length), "base64url");
  for (const key of keys.accepted("at-rest")) {
    const opened = openWith(key, sealed, place);
    if (opened !== null) return opened;
  }
  throw new SealBroken(place);
}

function openWith(key: Buffer, sealed: Buffer, place: string): string | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const opened = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]).toString("utf8");
  } catch {
    // The only failure of `final` here is a tag that does not hold: another key's, or another place's.
    return null;
  }
}
