import { randomUUID } from "node:crypto";
import { Cluster } from "ioredis";
import type { InstanceBus } from "../../ports/instance-bus.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";
import { type Subscription, subscribe } from "./subscription.ts";

/** Senders whose last number a receiver remembers: more than run at once, those that ended among them. */
const SENDERS = 1_000;

/**
 * The bus over Redis's pub/sub, one channel an instance, sharded in a cluster. A message is
 * `<sender> <number> <text>`: in a cluster the driver may send one again whose answer it has lost, and the number
 * tells the second coming, or one that was overtaken, so that it is dropped.
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
  const sender = randomUUID();
  const listeners = new Set<() => void>();
  const subscriptions = new Map<string, Promise<Subscription>>();
  let number = 0;
  const back = (): void => {
    for (const listener of listeners) listener();
  };
  const forgetRedis = redis.onBack(back);

  return {
    async receive(instance, handler) {
      if (subscriptions.has(instance)) throw new Error(`${instance} receives already`);
      const heard = once(handler);
      const subscription = subscribe({ redis, channel: redisKeys.channel(instance), heard, back, failed });
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
      const text = `${sender} ${++number} ${message}`;
      await redis.run((client) =>
        client instanceof Cluster ? client.spublish(channel, text) : client.publish(channel, text),
      );
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

/** Takes messages as they come from Redis, and hands on each once, in the order sent. */
function once(handler: (message: string) => void): (text: string) => void {
  const last = new Map<string, number>();
  return (text) => {
    const [, sender = "", digits, message = ""] = /^(\S+) (\d+) (.*)$/su.exec(text) ?? [];
    const number = Number(digits);
    if (number <= (last.get(sender) ?? 0)) return;
    last.delete(sender);
    last.set(sender, number);
    const [oldest] = last.keys();
    if (last.size > SENDERS && oldest !== undefined) last.delete(oldest);
    handler(message);
  };
}
