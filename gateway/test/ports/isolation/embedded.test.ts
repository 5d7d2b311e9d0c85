import { createMemoryAnswerCache } from "../../../src/adapters/memory/answer-cache.ts";
import { createMemoryConversationLeases } from "../../../src/adapters/memory/conversation-leases.ts";
import { createMemoryConversationSummaries } from "../../../src/adapters/memory/conversation-summaries.ts";
import { createMemoryLimiter } from "../../../src/adapters/memory/limiter.ts";
import { createMemoryMessageLayer } from "../../../src/adapters/memory/message-layer.ts";
import { createMemoryPresenceStore } from "../../../src/adapters/memory/presence.ts";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { createSqliteAuditLog } from "../../../src/adapters/sqlite/audit-log.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRecords } from "../../../src/adapters/sqlite/records.ts";
import { createSqliteRegistryStore } from "../../../src/adapters/sqlite/registry-store.ts";
import { createSqliteReplyJournal } from "../../../src/adapters/sqlite/reply-journal.ts";
import { createSqliteTenantConversations } from "../../../src/adapters/sqlite/tenant-conversations.ts";
import { createSqliteUsageStore } from "../../../src/adapters/sqlite/usage-store.ts";
import { createSqliteVisitorFamilies } from "../../../src/adapters/sqlite/visitor-families.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { manualClock } from "../support/manual-clock.ts";
import { isolationSuite } from "./suite.ts";

isolationSuite(async () => {
  const database = await openSqlite(":memory:");
  const clock = manualClock();
  const held = { clock, maxConversations: 100_000 };
  return {
    archive: createSqliteArchive(database),
    records: createSqliteRecords(database),
    conversations: createSqliteTenantConversations(database),
    registry: createSqliteRegistryStore(database),
    audit: createSqliteAuditLog(database),
    usage: createSqliteUsageStore(database),
    visitorFamilies: createSqliteVisitorFamilies(database),
    journal: createSqliteReplyJournal(database),
    recent: createMemoryMessageLayer({ bounds: RECENT_LAYER, ...held }),
    session: createMemoryMessageLayer({ bounds: SESSION_LAYER, ...held }),
    summaries: createMemoryConversationSummaries(held),
    answerCache: createMemoryAnswerCache({ clock, maxBytes: 100_000_000 }),
    limiter: createMemoryLimiter({ clock }),
    leases: createMemoryConversationLeases({ clock }),
    presence: createMemoryPresenceStore({ clock }),
    entries: async () => [],
    close: () => database.close(),
  };
}, 60);
