import { createHash } from "node:crypto";
import type { ModelRequest } from "../ports/model.ts";

/**
 * The digest of all that an answer depends on: model, system prompt and the turns up to the question.
 * Tenants do not meet in it: the cache behind it is reached through one tenant.
 */
export function answerDigest({
  model,
  system,
  turns,
}: Pick<ModelRequest, "model" | "system" | "turns">): string {
  const parts = [model, system, turns.map(({ role, content }) => [role, content])];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
