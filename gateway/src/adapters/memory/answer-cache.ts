import { type AnswerCache, type CachedAnswer, ERASED_SECONDS } from "../../ports/answer-cache.ts";
import type { TenantId, UserId } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

/** What an entry costs beside its text, roughly, in bytes. */
const ENTRY_BYTES = 200;

interface Entry {
  readonly answer: CachedAnswer;
  readonly bytes: number;
  /** Tenant and user as one string. */
  readonly asker: string;
  /** On the monotonic clock, in milliseconds. */
  readonly until: number;
}

/**
 * Answers in this process's memory, of which those not read for longest go first.
 *
 * @param options.maxBytes bound of what is kept, counting two bytes a UTF-16 unit; a larger answer is not kept
 */
export function createMemoryAnswerCache(options: { clock: Clock; maxBytes: number }): AnswerCache {
  const { clock, maxBytes } = options;
  /** In the order of last use, which a Map keeps by insertion. */
  const entries = new Map<string, Entry>();
  /** Askers that were erased, and until when nothing of theirs is kept. Oldest first. */
  const erased = new Map<string, number>();
  let bytes = 0;

  const remove = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    bytes -= entry.bytes;
    return entry;
  };
  const wasErased = (asker: string): boolean => {
    for (const [oldest, until] of erased) {
      if (until > clock.monotonic()) break;
      erased.delete(oldest);
    }
    return erased.has(asker);
  };
  const insert = (key: string, entry: Entry): void => {
    entries.set(key, entry);
    bytes += entry.bytes;
  };

  return {
    forTenant: (tenant) => {
      const keyOf = (digest: string): string => within(tenant, digest);
      return {
        async get(digest) {
          const key = keyOf(digest);
          const entry = remove(key);
          if (entry === undefined || entry.until <= clock.monotonic()) return null;
          insert(key, entry);
          return entry.answer;
        },
        async set(digest, { content, model }, ttlSeconds, user) {
          const key = keyOf(digest);
          remove(key);
          const size = ENTRY_BYTES + 2 * (key.length + content.length + model.length);
          const asker = within(tenant, user);
          if (size > maxBytes || ttlSeconds <= 0 || wasErased(asker)) return;
          insert(key, {
            answer: { content, model },
            bytes: size,
            asker,
            until: clock.monotonic() + ttlSeconds * 1000,
          });
          for (const oldest of entries.keys()) {
            if (bytes <= maxBytes) break;
            remove(oldest);
          }
        },
        async eraseUser(user) {
          const asker = within(tenant, user);
          erased.delete(asker);
          erased.set(asker, clock.monotonic() + ERASED_SECONDS * 1000);
          const theirs = [...entries].filter(([, entry]) => entry.asker === asker);
          for (const [key] of theirs) remove(key);
          return theirs.length;
        },
      };
    },
  };
}

function within(tenant: TenantId, name: string | UserId): string {
  return `${tenant.length}:${tenant}${name}`;
}
