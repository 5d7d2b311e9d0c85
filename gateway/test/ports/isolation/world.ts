import type { AnswerCache } from "../../../src/ports/answer-cache.ts";
import type { Archive } from "../../../src/ports/archive.ts";
import type { AuditLog } from "../../../src/ports/audit-log.ts";
import type { ConversationLeases } from "../../../src/ports/conversation-leases.ts";
import type { ConversationSummaries } from "../../../src/ports/conversation-summaries.ts";
import type { Limiter } from "../../../src/ports/limiter.ts";
import type { MessageLayer } from "../../../src/ports/message-layer.ts";
import type { PresenceStore } from "../../../src/ports/presence.ts";
import type { Records } from "../../../src/ports/records.ts";
import type { RegistryStore } from "../../../src/ports/registry-store.ts";
import type { ReplyJournal } from "../../../src/ports/reply-journal.ts";
import type { TenantConversations } from "../../../src/ports/tenant-conversations.ts";
import type { UsageStore } from "../../../src/ports/usage-store.ts";
import type { VisitorFamilies } from "../../../src/ports/visitor-families.ts";

/** Every store that holds anything of a tenant. */
export interface World {
  readonly archive: Archive;
  readonly records: Records;
  readonly conversations: TenantConversations;
  readonly registry: RegistryStore;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  readonly visitorFamilies: VisitorFamilies;
  readonly journal: ReplyJournal;
  readonly recent: MessageLayer;
  readonly session: MessageLayer;
  readonly summaries: ConversationSummaries;
  readonly answerCache: AnswerCache;
  readonly limiter: Limiter;
  readonly leases: ConversationLeases;
  readonly presence: PresenceStore;
  /** Everything that lies in stores as key and content, where it can be read out: one text an entry. */
  entries(): Promise<readonly string[]>;
  close(): Promise<void>;
}
