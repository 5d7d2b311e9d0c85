import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { createDynamoArchive } from "./adapters/dynamodb/archive.ts";
import { createDynamoAuditLog } from "./adapters/dynamodb/audit-log.ts";
import { openDynamoDb } from "./adapters/dynamodb/database.ts";
import { createDynamoRecords } from "./adapters/dynamodb/kept-records.ts";
import { createDynamoRegistryStore } from "./adapters/dynamodb/registry-store.ts";
import { createDynamoTenantConversations } from "./adapters/dynamodb/tenant-conversations.ts";
import { createDynamoUsageStore } from "./adapters/dynamodb/usage-store.ts";
import { createDynamoVisitorFamilies } from "./adapters/dynamodb/visitor-families.ts";
import { createMemoryAddressLimiter } from "./adapters/memory/address-limiter.ts";
import { createMemoryAnswerCache } from "./adapters/memory/answer-cache.ts";
import { createMemoryBudgets } from "./adapters/memory/budgets.ts";
import { createMemoryConversationLeases } from "./adapters/memory/conversation-leases.ts";
import { createMemoryConversationSummaries } from "./adapters/memory/conversation-summaries.ts";
import { createMemoryInstanceBus } from "./adapters/memory/instance-bus.ts";
import { createMemoryInstanceDirectory } from "./adapters/memory/instance-directory.ts";
import { createMemoryLimiter } from "./adapters/memory/limiter.ts";
import { createMemoryMessageLayer } from "./adapters/memory/message-layer.ts";
import { createMemoryPresenceStore } from "./adapters/memory/presence.ts";
import { createRedisAddressLimiter } from "./adapters/redis/address-limiter.ts";
import { createRedisAnswerCache } from "./adapters/redis/answer-cache.ts";
import { createRedisBudgets } from "./adapters/redis/budgets.ts";
import { connectRedis } from "./adapters/redis/connection.ts";
import { createRedisConversationLeases } from "./adapters/redis/conversation-leases.ts";
import { createRedisConversationSummaries } from "./adapters/redis/conversation-summaries.ts";
import { createRedisInstanceBus } from "./adapters/redis/instance-bus.ts";
import { createRedisInstanceDirectory } from "./adapters/redis/instance-directory.ts";
import { createRedisLimiter } from "./adapters/redis/limiter.ts";
import { createRedisMessageLayer } from "./adapters/redis/message-layer.ts";
import { createRedisPresenceStore } from "./adapters/redis/presence.ts";
import { createRedisReplyJournal } from "./adapters/redis/reply-journal.ts";
import { createSqliteArchive } from "./adapters/sqlite/archive.ts";
import { createSqliteAuditLog } from "./adapters/sqlite/audit-log.ts";
import { openSqlite } from "./adapters/sqlite/database.ts";
import { createSqliteRecords } from "./adapters/sqlite/records.ts";
import { createSqliteRegistryStore } from "./adapters/sqlite/registry-store.ts";
import { createSqliteReplyJournal } from "./adapters/sqlite/reply-journal.ts";
import { createSqliteTenantConversations } from "./adapters/sqlite/tenant-conversations.ts";
import { createSqliteUsageStore } from "./adapters/sqlite/usage-store.ts";
import { createSqliteVisitorFamilies } from "./adapters/sqlite/visitor-families.ts";
import type { Config } from "./config.ts";
import { makeDataDirectory } from "./data-directory.ts";
import type { AddressLimiter } from "./ports/address-limiter.ts";
import type { AnswerCache } from "./ports/answer-cache.ts";
import type { Archive } from "./ports/archive.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { Budgets } from "./ports/budgets.ts";
import type { ConversationLeases } from "./ports/conversation-leases.ts";
import type { ConversationSummaries } from "./ports/conversation-summaries.ts";
import type { InstanceBus } from "./ports/instance-bus.ts";
import type { InstanceDirectory } from "./ports/instance-directory.ts";
import type { Limiter } from "./ports/limiter.ts";
import { type MessageLayer, RECENT_LAYER, SESSION_LAYER } from "./ports/message-layer.ts";
import type { PresenceStore } from "./ports/presence.ts";
import type { Records } from "./ports/records.ts";
import type { RegistryStore } from "./ports/registry-store.ts";
import type { ReplyJournal } from "./ports/reply-journal.ts";
import type { Clock } from "./ports/system.ts";
import type { TenantConversations } from "./ports/tenant-conversations.ts";
import type { UsageStore } from "./ports/usage-store.ts";
import type { VisitorFamilies } from "./ports/visitor-families.ts";

/** Conversations whose last messages, sessions and summaries are kept in this process, and bytes of cached answers. */
const RECENT_CONVERSATIONS = 20_000;
const SESSION_CONVERSATIONS = 2_000;
const ANSWER_CACHE_BYTES = 64 * 1024 * 1024;
/** Milliseconds that a start waits for Redis. */
const REDIS_READY = 10_000;

/** What outlives a process: the truth. */
export interface DurableStores {
  readonly archive: Archive;
  /** What the archive keeps of people. */
  readonly records: Records;
  /** As stored: `tenants/registry.ts` goes over it. */
  readonly registry: RegistryStore;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  readonly visitorFamilies: VisitorFamilies;
  readonly conversations: TenantConversations;
  /** The journal of running replies, where the hot store keeps none. */
  readonly journal: ReplyJournal | null;
  /** Names the archive, for the check that instances share it. */
  readonly identity: string;
  close(): Promise<void>;
}

/** What instances share while they run, or this process keeps for itself. */
export interface HotStores {
  readonly recent: MessageLayer;
  readonly session: MessageLayer;
  readonly summaries: ConversationSummaries;
  readonly limiter: Limiter;
  readonly addressLimiter: AddressLimiter;
  readonly budgets: Budgets;
  readonly answerCache: AnswerCache;
  readonly journal: ReplyJournal | null;
  readonly bus: InstanceBus;
  readonly presence: PresenceStore;
  readonly leases: ConversationLeases;
  readonly instances: InstanceDirectory;
  /** Whether other instances can share them. */
  readonly shared: boolean;
  close(): Promise<void>;
}

/** Opens the archive and the registry: SQLite in the data directory, or DynamoDB. */
export async function openDurableStores(config: Config): Promise<DurableStores> {
  const inFiles = config.archive.kind === "sqlite" || config.redisUrl === null;
  if (inFiles) await makeDataDirectory(config.dataDirectory);
  if (config.archive.kind === "dynamodb") {
    const { table, region, endpoint } = config.archive;
    const database = await openDynamoDb({ table, region, ...(endpoint === null ? {} : { endpoint }) });
    const local = inFiles ? await openSqlite(join(config.dataDirectory, "journal.db")) : null;
    const archive = createDynamoArchive(database);
    return {
      archive,
      records: createDynamoRecords(database),
      registry: createDynamoRegistryStore(database),
      audit: createDynamoAuditLog(database),
      usage: createDynamoUsageStore(database),
      visitorFamilies: createDynamoVisitorFamilies(database),
      conversations: createDynamoTenantConversations(database),
      journal: local === null ? null : createSqliteReplyJournal(local),
      identity: `dynamodb ${endpoint ?? region} ${table}`,
      async close() {
        await archive.close();
        await local?.close();
      },
    };
  }
  const path = join(config.dataDirectory, "parlance.db");
  const database = await openSqlite(path);
  return {
    archive: createSqliteArchive(database),
    records: createSqliteRecords(database),
    registry: createSqliteRegistryStore(database),
    audit: createSqliteAuditLog(database),
    usage: createSqliteUsageStore(database),
    visitorFamilies: createSqliteVisitorFamilies(database),
    conversations: createSqliteTenantConversations(database),
    journal: createSqliteReplyJournal(database),
    identity: `sqlite ${await realpath(path)}`,
    close: () => database.close(),
  };
}

/**
 * Opens the hot store: this process's memory, or Redis.
 *
 * @param failed told of trouble with the connection, while the gateway runs on
 */
export async function openHotStores(
  config: Config,
  clock: Clock,
  failed: (error: unknown) => void,
): Promise<HotStores> {
  if (config.redisUrl !== null) return openRedisStores(config.redisUrl, failed);
  const bus = createMemoryInstanceBus();
  return {
    recent: createMemoryMessageLayer({ bounds: RECENT_LAYER, clock, maxConversations: RECENT_CONVERSATIONS }),
    session: createMemoryMessageLayer({
      bounds: SESSION_LAYER,
      clock,
      maxConversations: SESSION_CONVERSATIONS,
    }),
    summaries: createMemoryConversationSummaries({ clock, maxConversations: RECENT_CONVERSATIONS }),
    limiter: createMemoryLimiter({ clock }),
    addressLimiter: createMemoryAddressLimiter({ clock }),
    budgets: createMemoryBudgets({ clock }),
    answerCache: createMemoryAnswerCache({ clock, maxBytes: ANSWER_CACHE_BYTES }),
    journal: null,
    bus,
    presence: createMemoryPresenceStore({ clock }),
    leases: createMemoryConversationLeases({ clock }),
    instances: createMemoryInstanceDirectory({ clock }),
    shared: false,
    close: () => bus.close(),
  };
}

async function openRedisStores(url: string, failed: (error: unknown) => void): Promise<HotStores> {
  const redis = connectRedis(url, failed);
  try {
    await redis.untilReady(REDIS_READY);
  } catch (error) {
    await redis.close();
    throw new Error("REDIS_URL: there is no Redis that answers within 10 s", { cause: error });
  }
  const bus = createRedisInstanceBus({ redis, failed });
  return {
    recent: createRedisMessageLayer({ redis, bounds: RECENT_LAYER }),
    session: createRedisMessageLayer({ redis, bounds: SESSION_LAYER }),
    summaries: createRedisConversationSummaries({ redis }),
    limiter: createRedisLimiter({ redis }),
    addressLimiter: createRedisAddressLimiter({ redis }),
    budgets: createRedisBudgets({ redis }),
    answerCache: createRedisAnswerCache({ redis }),
    journal: createRedisReplyJournal({ redis }),
    bus,
    presence: createRedisPresenceStore({ redis }),
    leases: createRedisConversationLeases({ redis }),
    instances: createRedisInstanceDirectory({ redis }),
    shared: true,
    async close() {
      await bus.close();
      await redis.close();
    },
  };
}
