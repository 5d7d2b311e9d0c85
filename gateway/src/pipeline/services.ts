import type { Tracer } from "@opentelemetry/api";
import type { Cluster } from "../delivery/cluster/cluster.ts";
import type { Connections } from "../delivery/connections.ts";
import type { ConversationQueues } from "../delivery/conversation-queues.ts";
import type { LiveReplies } from "../delivery/live-replies.ts";
import type { LiveReply } from "../delivery/live-reply.ts";
import type { History } from "../history/history.ts";
import type { Gates } from "../limits/gates.ts";
import type { TurnReservations } from "../limits/turn-reservations.ts";
import type { WastedTokens } from "../llm/book-usage.ts";
import type { AnswerCache } from "../ports/answer-cache.ts";
import type { Archive } from "../ports/archive.ts";
import type { ConversationSummaries } from "../ports/conversation-summaries.ts";
import type { ModelProvider } from "../ports/model.ts";
import type { ReplyJournal } from "../ports/reply-journal.ts";
import type { TenantId } from "../ports/scope.ts";
import type { Clock, Ids } from "../ports/system.ts";
import type { Log } from "../telemetry/log.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import type { Visitors } from "../tenants/visitors.ts";

/** What the steps work with; `compose.ts` fills it. */
export interface Services {
  readonly archive: Archive;
  readonly history: History;
  readonly summaries: ConversationSummaries;
  readonly directory: TenantDirectory;
  readonly visitors: Visitors;
  readonly gates: Gates;
  readonly reservations: TurnReservations;
  readonly answerCache: AnswerCache;
  readonly journal: ReplyJournal;
  /** The providers that are configured, by name. */
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly connections: Connections;
  /** The instances as one: who runs a reply, and who else is told. */
  readonly cluster: Cluster;
  readonly replies: LiveReplies;
  readonly queues: ConversationQueues;
  /** Books what was asked of a model and nobody keeps. */
  readonly wasted: (tenant: TenantId, waste: WastedTokens) => Promise<void>;
  /** Tells a changed reply's readers. */
  readonly changed: (reply: LiveReply) => void;
  /** Whether this instance is shutting down, and answers no new turns itself. */
  readonly draining: () => boolean;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tracer: Tracer;
  readonly log: Log;
}
