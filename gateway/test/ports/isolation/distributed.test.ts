import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { createDynamoAuditLog } from "../../../src/adapters/dynamodb/audit-log.ts";
import { createDynamoRecords } from "../../../src/adapters/dynamodb/kept-records.ts";
import { createDynamoRegistryStore } from "../../../src/adapters/dynamodb/registry-store.ts";
import { createDynamoTenantConversations } from "../../../src/adapters/dynamodb/tenant-conversations.ts";
import { createDynamoUsageStore } from "../../../src/adapters/dynamodb/usage-store.ts";
import { createDynamoVisitorFamilies } from "../../../src/adapters/dynamodb/visitor-families.ts";
import { createRedisAnswerCache } from "../../../src/adapters/redis/answer-cache.ts";
import { createRedisConversationLeases } from "../../../src/adapters/redis/conversation-leases.ts";
import { createRedisConversationSummaries } from "../../../src/adapters/redis/conversation-summaries.ts";
import { createRedisLimiter } from "../../../src/adapters/redis/limiter.ts";
import { createRedisMessageLayer } from "../../../src/adapters/redis/message-layer.ts";
import { createRedisPresenceStore } from "../../../src/adapters/redis/presence.ts";
import { createRedisReplyJournal } from "../../../src/adapters/redis/reply-journal.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { manualClock } from "../support/manual-clock.ts";
import { startTestRedis } from "../support/redis-server.ts";
import { isolationSuite } from "./suite.ts";

isolationSuite(async () => {
  const dynamo = await startDynamoDb();
  const database = await dynamo.open("isolation");
  const server = await startTestRedis("one server");
  const { redis } = server;
  const archive = createDynamoArchive(database);
  return {
    archive,
    records: createDynamoRecords(database),
    conversations: createDynamoTenantConversations(database),
    registry: createDynamoRegistryStore(database),
    audit: createDynamoAuditLog(database),
    usage: createDynamoUsageStore(database),
    visitorFamilies: createDynamoVisitorFamilies(database),
    journal: createRedisReplyJournal({ redis }),
    recent: createRedisMessageLayer({ redis, bounds: RECENT_LAYER }),
    session: createRedisMessageLayer({ redis, bounds: SESSION_LAYER }),
    summaries: createRedisConversationSummaries({ redis }),
    answerCache: createRedisAnswerCache({ redis }),
    limiter: createRedisLimiter({ redis, clock: manualClock() }),
    leases: createRedisConversationLeases({ redis }),
    presence: createRedisPresenceStore({ redis }),
    async entries() {
      const keys = await server.keys();
      return Promise.all(
        keys.map(async ({ key }) => {
          const content = await redis.run((client) => client.dumpBuffer(key));
          return `${key} ${content?.toString("utf8") ?? ""}`;
        }),
      );
    },
    async close() {
      await archive.close();
      await server.stop();
      await dynamo.stop();
    },
  };
}, 12);
