import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { type ChannelServer, channelServer } from "./channel-server.ts";
import { backoff } from "./client.ts";
import type { RedisConnection } from "./connection.ts";

/** Milliseconds between looks at whether the subscription still stands, and that an answer may take. */
const LOOK = 2_000;

/** Words on a channel, for as long as it is not closed. */
export interface Subscription {
  close(): Promise<void>;
}

interface SubscriptionOptions {
  readonly redis: RedisConnection;
  readonly channel: string;
  readonly heard: (message: string) => void;
  /** Called when the subscription stands again after it did not. */
  readonly back: () => void;
  /** Told, once for each time, why the subscription cannot be had again yet. */
  readonly failed: (error: unknown) => void;
}

/**
 * Subscribes on a connection of its own; in a cluster with sharded pub/sub, at the node that serves the channel.
 * Resolves once the subscription stands, and rejects where it cannot be had; from then on it is had again whenever
 * it was lost. The driver's own way of subscribing again never says when it has done so, and notices neither a
 * server that hangs nor, in a cluster, a channel that has moved.
 */
export async function subscribe(options: SubscriptionOptions): Promise<Subscription> {
  const closing = new AbortController();
  let ear = await listen(options);

  const again = async (): Promise<Redis | null> => {
    let told = false;
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      await Promise.allSettled([pause(backoff(attempt), null, { signal: closing.signal })]);
      if (closing.signal.aborted) return null;
      try {
        return await listen(options);
      } catch (error) {
        if (!told) options.failed(error);
        told = true;
      }
    }
    return null;
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      await lost(ear, options);
      const next = await again();
      if (next === null) return;
      ear = next;
      if (closing.signal.aborted) drop(ear);
      else options.back();
    }
  };
  const kept = keep();

  return {
    async close() {
      closing.abort();
      drop(ear);
      await kept;
    },
  };
}

/** A connection that hears the channel. It ends at the first trouble. */
async function listen({ redis, channel, heard }: SubscriptionOptions): Promise<Redis> {
  const { server, sharded, lookAgain } = await servingNow({ redis, channel });
  // Looks take its place, and end with the connection, as its timer would not.
  const { socketTimeout: _, ...settings } = server.options;
  const ear = new Redis({
    ...settings,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResubscribe: false,
    commandTimeout: LOOK,
    reconnectOnError: null,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  });
  const trouble = Promise.withResolvers<never>();
  trouble.promise.catch(() => drop(ear));
  ear.on("error", trouble.reject);
  ear.on("moved", () => trouble.reject(new Error("another node serves the channel")));
  ear.on(sharded ? "smessage" : "message", (_channel: string, message: string) => heard(message));
  try {
    await Promise.race([ear.connect(), trouble.promise]);
    await Promise.race([sharded ? ear.ssubscribe(channel) : ear.subscribe(channel), trouble.promise]);
    return ear;
  } catch (error) {
    drop(ear);
    lookAgain();
    throw error;
  }
}

/** Where the channel is heard now. */
function servingNow({
  redis,
  channel,
}: Pick<SubscriptionOptions, "redis" | "channel">): Promise<ChannelServer> {
  return redis.run(async (client) => channelServer(client, channel));
}

/** Resolves when a subscription that stood does so no more, and its connection has ended. */
async function lost(ear: Redis, options: SubscriptionOptions): Promise<void> {
  const look = async (): Promise<void> => {
    const [answered, now] = await Promise.allSettled([ear.ping(), servingNow(options)]);
    const moved = now.status === "fulfilled" && now.value.sharded && !now.value.isAt(ear);
    if (answered.status === "rejected" || moved) drop(ear);
  };
  const looking = setInterval(() => void look(), LOOK);
  try {
    await new Promise<void>((resolve) => {
      if (ear.status === "end") resolve();
      else ear.once("end", resolve);
    });
  } finally {
    clearInterval(looking);
  }
}

/** Ends a connection at once. */
function drop(ear: Redis): void {
  // On what has ended already, this would leave a timer behind.
  if (ear.status === "end") return;
  ear.disconnect();
  ear.stream?.destroy();
}
