import type { ConversationSummaries, ConversationSummary } from "../../ports/conversation-summaries.ts";
import { SUMMARY_SECONDS } from "../../ports/conversation-summaries.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

interface Entry {
  summary: { readonly content: ConversationSummary; readonly until: number } | null;
  claim: { readonly name: string; readonly until: number } | null;
}

/**
 * Summaries in this process.
 *
 * @param options.maxConversations conversations held; the one claimed longest ago is forgotten first
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

  /** What is held and not over; nothing is an entry that holds nothing. */
  const find = (key: string): Entry => {
    const entry = entries.get(key) ?? { summary: null, claim: null };
    const now = clock.monotonic();
    if (entry.summary !== null && entry.summary.until <= now) entry.summary = null;
    if (entry.claim !== null && entry.claim.until <= now) entry.claim = null;
    return entry;
  };

  return {
    async read(scope, conversation) {
      return find(keyOf(scope, conversation)).summary?.content ?? null;
    },
    async write(scope, conversation, content, claim) {
      const entry = find(keyOf(scope, conversation));
      if (entry.claim?.name !== claim) return;
      if (entry.summary !== null && entry.summary.content.position >= content.position) return;
      entry.summary = { content, until: clock.monotonic() + SUMMARY_SECONDS * 1000 };
    },
    async drop(scope, conversation) {
      entries.delete(keyOf(scope, conversation));
    },
    async claim(scope, conversation, seconds) {
      const key = keyOf(scope, conversation);
      const entry = find(key);
      if (entry.claim !== null) return null;
      const name = String(++claims);
      entry.claim = { name, until: clock.monotonic() + seconds * 1000 };
      entries.delete(key);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > maxConversations && oldest !== undefined) entries.delete(oldest);
      return name;
    },
    async unclaim(scope, conversation, claim) {
      const entry = find(keyOf(scope, conversation));
      if (entry.claim?.name === claim) entry.claim = null;
    },
    async eraseUser(scope, conversations) {
      const keys = conversations.map((conversation) => keyOf(scope, conversation));
      const held = keys.filter((key) => find(key).summary !== null).length;
      for (const key of keys) entries.delete(key);
      return held;
    },
  };
}
