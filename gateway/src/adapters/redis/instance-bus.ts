import type { InstanceBus } from "../../ports/instance-bus.ts";
import { channelServer } from "./channel-server.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";
import { type Subscription, subscribe } from "./subscription.ts";

/**
 * The bus over Redis's pub/sub, one channel an instance, sharded in a cluster. There it speaks to the node that
 * serves the channel itself: sent by way of the cluster, a message that got no answer would be sent again, and
 * others would overtake it.
 *
 * `send`, and a `receive` that is not served yet, reject with `RedisUnavailable` while Redis is away. `close`
 * leaves the connection, which is others' too, open.
 *
 * @param options.failed told why this instance hears nothing for now, while it tries on
 */
export function createRedisInstanceBus({
  redis,
  failed,
}: {
  redis: RedisConnection;
  failed: (error: unknown) => void;
}): InstanceBus {
  const listeners = new Set<() => void>();
  const subscriptions = new Map<string, Promise<Subscription>>();
  const back = (): void => {
    for (const listener of listeners) listener();
  };
  const forgetRedis = redis.onBack(back);

  return {
    async receive(instance, handler) {
      if (subscriptions.has(instance)) throw new Error(`${instance} receives already`);
      const channel = redisKeys.channel(instance);
      const subscription = subscribe({ redis, channel, heard: handler, back, failed });
      subscriptions.set(instance, subscription);
      try {
        await subscription;
      } catch (error) {
        subscriptions.delete(instance);
        throw error;
      }
    },
    async send(instance, message) {
      const channel = redisKeys.channel(instance);
      await redis.run(async (client) => {
        const { server, sharded, lookAgain } = channelServer(client, channel);
        try {
          await (sharded ? server.spublish(channel, message) : server.publish(channel, message));
        } catch (error) {
          lookAgain();
          throw error;
        }
      });
    },
    onBack(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      forgetRedis();
      listeners.clear();
      const open = await Promise.allSettled(subscriptions.values());
      subscriptions.clear();
      await Promise.all(open.map((one) => (one.status === "fulfilled" ? one.value.close() : null)));
    },
  };
}
