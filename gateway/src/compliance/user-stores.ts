import type { AnswerCache } from "../ports/answer-cache.ts";
import type { ConversationLeases } from "../ports/conversation-leases.ts";
import type { ConversationSummaries } from "../ports/conversation-summaries.ts";
import type { Limiter } from "../ports/limiter.ts";
import type { MessageLayer } from "../ports/message-layer.ts";
import type { ReplyJournal } from "../ports/reply-journal.ts";
import type { Scope } from "../ports/scope.ts";

/** By what names other stores than the archive hold something of a user. */
export interface HeldNames {
  readonly conversations: readonly string[];
  /** Replies that have not ended. */
  readonly openReplies: readonly string[];
}

/** A store beside the archive, as far as an erasure goes. */
export interface UserStore {
  /** As the receipt names what went. */
  readonly name: string;
  /** Forgets what it holds of a user. Twice is once. @returns how many things there were */
  eraseUser(scope: Scope, held: HeldNames): Promise<number>;
}

/** What is kept beside the archive. */
export interface LayerStores {
  readonly recent: MessageLayer;
  readonly session: MessageLayer;
  readonly summaries: ConversationSummaries;
  readonly journal: ReplyJournal;
  readonly answerCache: AnswerCache;
  readonly limiter: Limiter;
  readonly leases: ConversationLeases;
}

/** The stores beside the archive, each of which an erasure goes through. */
export function layersOf(stores: LayerStores): readonly UserStore[] {
  const { recent, session, summaries, journal, answerCache, limiter, leases } = stores;
  return [
    { name: "recent", eraseUser: (scope, held) => recent.eraseUser(scope, held.conversations) },
    { name: "sessions", eraseUser: (scope, held) => session.eraseUser(scope, held.conversations) },
    { name: "summaries", eraseUser: (scope, held) => summaries.eraseUser(scope, held.conversations) },
    { name: "journal", eraseUser: (scope, held) => journal.eraseUser(scope, held.openReplies) },
    { name: "answers", eraseUser: ({ tenant, user }) => answerCache.forTenant(tenant).eraseUser(user) },
    { name: "limits", eraseUser: (scope, held) => eraseLimits(limiter, scope, held) },
    { name: "leases", eraseUser: (scope, held) => leases.eraseUser(scope, held.conversations) },
  ];
}

/** The user's own limits go; of the tenant's, what runs for the user is free: nothing of it will end any more. */
async function eraseLimits(limiter: Limiter, scope: Scope, { openReplies }: HeldNames): Promise<number> {
  const all = { tenant: scope.tenant, user: null };
  await Promise.all(openReplies.map((reply) => limiter.finish(all, reply)));
  return limiter.erase({ tenant: scope.tenant, user: scope.user });
}
