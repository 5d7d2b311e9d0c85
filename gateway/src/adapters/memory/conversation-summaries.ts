import type { ConversationSummaries, ConversationSummary } from "../../ports/conversation-summaries.ts";
import { SUMMARY_SECONDS } from "../../ports/conversation-summaries.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

interface Entry {
  summary: ConversationSummary | null;
  claim: { readonly name: string; readonly until: number } | null;
  expiresAt: number;
}

/**
 * Summaries in this process.
 *
 * @param options.maxConversations conversations held; the one written first is forgotten first
 */
export function createMemoryConversationSummaries(options: {
  clock: Clock;
  maxConversations: number;
}): ConversationSummaries {
  const { clock, maxConversations } = options;
  const entries = new Map<string, Entry>();
  let claims = 0;
  const keyOf = ({ tenant, user }: Scope, conversation: string): string =>
    JSON.stringify([tenant, user, conversation]);

  const find = (key: string): Entry | null => {
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAt > clock.monotonic()) return entry;
    entries.delete(key);
    return null;
  };

  return {
    async read(scope, conversation) {
      return find(keyOf(scope, conversation))?.summary ?? null;
    },
    async write(scope, conversation, summary, claim) {
      const entry = find(keyOf(scope, conversation));
      if (entry === null || entry.claim?.name !== claim) return;
      if (entry.summary !== null && entry.summary.position >= summary.position) return;
      entry.summary = summary;
      entry.expiresAt = clock.monotonic() + SUMMARY_SECONDS * 1000;
    },
    async drop(scope, conversation) {
      entries.delete(keyOf(scope, conversation));
    },
    async claim(scope, conversation, seconds) {
      const key = keyOf(scope, conversation);
      const entry = find(key) ?? { summary: null, claim: null, expiresAt: 0 };
      const now = clock.monotonic();
      if (entry.claim !== null && entry.claim.until > now) return null;
      const name = String(++claims);
      entry.claim = { name, until: now + seconds * 1000 };
      entry.expiresAt = Math.max(entry.expiresAt, now + SUMMARY_SECONDS * 1000);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > maxConversations && oldest !== undefined) entries.delete(oldest);
      return name;
    },
    async unclaim(scope, conversation, claim) {
      const entry = find(keyOf(scope, conversation));
      if (entry?.claim?.name === claim) entry.claim = null;
    },
  };
}
