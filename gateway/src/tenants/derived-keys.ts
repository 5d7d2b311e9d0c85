import { hkdfSync } from "node:crypto";

/** What a key is derived for; one purpose never checks what another signed. */
export type KeyPurpose = "session" | "visitor" | "challenge" | "link" | "console" | "at-rest";

/** Keys derived from the platform's secret, and from the former one while it is being replaced. */
export interface DerivedKeys {
  /** The key to sign with. */
  current(purpose: KeyPurpose): Buffer;
  /** The keys to check with, the current one first. */
  accepted(purpose: KeyPurpose): readonly Buffer[];
}

/** Derives one key a purpose by HKDF-SHA256 (RFC 5869). */
export function deriveKeys(secret: string, previousSecret: string | null): DerivedKeys {
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  const derived = new Map<KeyPurpose, readonly Buffer[]>();
  const accepted = (purpose: KeyPurpose): readonly Buffer[] => {
    const known = derived.get(purpose);
    if (known !== undefined) return known;
    const keys = secrets.map((each) => Buffer.from(hkdfSync("sha256", each, "", `parlance/${purpose}`, 32)));
    derived.set(purpose, keys);
    return keys;
  };
  return {
    accepted,
    current: (purpose) => {
      const [key] = accepted(purpose);
      if (key === undefined) throw new Error("no secret to derive keys from");
      return key;
    },
  };
}
