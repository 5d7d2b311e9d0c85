import { ReplyError } from "ioredis";

/** What a Redis that is there, but can't serve for now, says first. */
const PASSING = new Set([
  "ASK",
  "BUSY",
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "MOVED",
  "NOREPLICAS",
  "OOM",
  "READONLY",
  "TRYAGAIN",
]);

/**
 * Redis is away, or did not answer in time: `cause` says how. What was asked may have been done nevertheless. A
 * later try may succeed.
 */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super(`Redis is not available: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "RedisUnavailable";
  }
}

/** An error of the client as callers see it: a refusal of Redis's own as it is, all else as {@link RedisUnavailable}. */
export function translated(error: unknown): unknown {
  if (error instanceof RedisUnavailable) return error;
  return error instanceof ReplyError && !PASSING.has(codeOf(error)) ? error : new RedisUnavailable(error);
}

/** Whether Redis does not know the script that it was to run. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof ReplyError && codeOf(error) === "NOSCRIPT";
}

function codeOf(error: unknown): string {
  return error instanceof Error ? (error.message.split(" ", 1)[0] ?? "") : "";
}
