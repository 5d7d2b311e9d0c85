import { createHash } from "node:crypto";

/** A Lua script: all of it happens at once. Its keys lie in one slot. */
export interface RedisScript {
  readonly source: string;
  /** What Redis knows it by. */
  readonly sha: string;
}

/** A script for `RedisConnection.script`. */
export function redisScript(source: string): RedisScript {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
