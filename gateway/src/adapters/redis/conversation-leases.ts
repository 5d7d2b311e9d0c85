import type { ConversationLeases, ConversationOwner, HeldLease } from "../../ports/conversation-leases.ts";
import type { Scope } from "../../ports/scope.ts";
import { inBatches } from "./batches.ts";
import type { RedisConnection } from "./connection.ts";
import { ACQUIRE, RELEASE, RENEW } from "./conversation-leases-script.ts";
import { deleteKeys } from "./delete-keys.ts";
import { redisKeys } from "./keys.ts";

/** Milliseconds that an epoch is remembered after its lease was used last. */
const EPOCH_KEPT = 7 * 24 * 60 * 60 * 1000;

/**
 * Leases in Redis, decided by one script a conversation. Rejects with `RedisUnavailable` while Redis is away: what
 * was asked for may have been done, and what was held is then in doubt until it is renewed.
 */
export function createRedisConversationLeases({ redis }: { redis: RedisConnection }): ConversationLeases {
  const keysOf = (scope: Scope, conversation: string): string[] => [
    redisKeys.owner(scope, conversation),
    redisKeys.epoch(scope, conversation),
  ];
  const renew = ({ scope, conversation, epoch }: HeldLease, instance: string, seconds: number) =>
    redis.script(RENEW, keysOf(scope, conversation), [
      instance,
      Math.ceil(seconds * 1000),
      epoch,
      EPOCH_KEPT,
    ]);

  return {
    async acquire(scope, conversation, instance, { seconds, above }) {
      const values = [instance, Math.ceil(seconds * 1000), above, EPOCH_KEPT];
      return ownerFrom((await redis.script(ACQUIRE, keysOf(scope, conversation), values)) as string);
    },
    async renew(leases, instance, seconds) {
      const had = await inBatches(redis, leases, (lease) => renew(lease, instance, seconds));
      return had.map((one) => one === 1);
    },
    async release({ scope, conversation, epoch }, instance) {
      await redis.script(RELEASE, keysOf(scope, conversation), [instance, epoch, EPOCH_KEPT]);
    },
    async ownerOf(scope, conversation) {
      const held = await redis.run((client) => client.get(redisKeys.owner(scope, conversation)));
      return held === null ? null : ownerFrom(held);
    },
    async eraseUser(scope, conversations) {
      const owners = conversations.map((conversation) => redisKeys.owner(scope, conversation));
      await deleteKeys(redis, owners);
      const epochs = conversations.map((conversation) => redisKeys.epoch(scope, conversation));
      return deleteKeys(redis, epochs);
    },
  };
}

function ownerFrom(held: string): ConversationOwner {
  const space = held.indexOf(" ");
  return { epoch: Number(held.slice(0, space)), instance: held.slice(space + 1) };
}
