import type { WastedTokens } from "../../llm/book-usage.ts";
import type { Archive, OwedReply } from "../../ports/archive.ts";
import type { ConversationLeases } from "../../ports/conversation-leases.ts";
import type { InstanceBus } from "../../ports/instance-bus.ts";
import type { InstanceDirectory } from "../../ports/instance-directory.ts";
import type { PresenceStore } from "../../ports/presence.ts";
import type { TakeOverPolicy } from "../../ports/registry-store.ts";
import type { ReplyJournal } from "../../ports/reply-journal.ts";
import type { Scope, TenantId } from "../../ports/scope.ts";
import type { Clock, Ids } from "../../ports/system.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Connections } from "../connections.ts";
import type { ConversationQueues } from "../conversation-queues.ts";
import type { LiveReplies } from "../live-replies.ts";
import type { LiveReply, ReplyStopped } from "../live-reply.ts";
import type { Withdrawn } from "./peer-messages.ts";

/** What a cluster works with; `compose.ts` fills it. */
export interface ClusterParts {
  /** This instance's name. */
  readonly self: string;
  readonly bus: InstanceBus;
  readonly presence: PresenceStore;
  readonly leases: ConversationLeases;
  readonly directory: InstanceDirectory;
  readonly archive: Archive;
  readonly journal: ReplyJournal;
  readonly connections: Connections;
  readonly replies: LiveReplies;
  readonly queues: ConversationQueues;
  readonly changed: (reply: LiveReply) => void;
  /** Puts a reply into its conversation's queue here. */
  readonly run: (reply: LiveReply) => void;
  /** Ends a reply that was taken over here, as far as it got. */
  readonly endHere: (reply: LiveReply, reason: ReplyStopped["reason"]) => Promise<void>;
  /** Stops a reply that runs or waits here. */
  readonly stopHere: (reply: LiveReply, reason: ReplyStopped["reason"]) => void;
  /** Ends the sockets of a user who has that no more, and what runs for one who is being erased, here. */
  readonly withdrawHere: (scope: Scope, what: Withdrawn) => void;
  /** Counts a turn on that goes on here, and that another instance took. */
  readonly keepOwed: (owed: OwedReply) => Promise<void>;
  /** Something runs here for a user who may be gone: where they do not come back in time, they are given up. */
  readonly expectBack: (scope: Scope) => Promise<void>;
  /** What a tenant wants of answers whose instance is gone. */
  readonly takeOverPolicy: (tenant: TenantId) => Promise<TakeOverPolicy>;
  /** Books what was asked of a model and nobody keeps. */
  readonly wasted: (tenant: TenantId, waste: WastedTokens) => Promise<void>;
  /** Told that other instances are gone, for what they may have left half-done beside conversations. */
  readonly othersGone: () => void;
  readonly draining: () => boolean;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
