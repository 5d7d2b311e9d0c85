import { randomBytes } from "node:crypto";
import type { Randomness } from "../../ports/system.ts";

/** The operating system's randomness. */
export function createSystemRandomness(): Randomness {
  return { token: (bytes) => randomBytes(bytes).toString("base64url") };
}
