import { Cluster } from "ioredis";
import { createClient, type RedisClient } from "./client.ts";
import { isUnknownScript, RedisUnavailable, translated } from "./errors.ts";
import type { RedisScript } from "./script.ts";

/** Milliseconds that closing waits for servers to close their side. */
const CLOSING = 1_000;

/**
 * A Redis that may be away. While it is, everything rejects at once with {@link RedisUnavailable}, and attempts
 * to reconnect go on for ever. A command that takes over a second rejects so too, and may have been done.
 */
export interface RedisConnection {
  /** Resolves once Redis can be used; rejects with {@link RedisUnavailable} after so many milliseconds. */
  untilReady(milliseconds: number): Promise<void>;
  /** Runs commands. */
  run<Reply>(work: (client: RedisClient) => Promise<Reply>): Promise<Reply>;
  /** Runs a script. `keys` lie in one slot. */
  script(
    script: RedisScript,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown>;
  /** What is begun within `work`, which must not wait, goes out in one write to each server. */
  together<Result>(work: () => Result): Result;
  /** Called whenever Redis serves again after it did not. Returns how to stop listening; `close` does so too. */
  onBack(listener: () => void): () => void;
  /** Lets what was sent be answered, and ends. Twice is once. */
  close(): Promise<void>;
}

/**
 * Begins to connect, and returns at once.
 *
 * @param url see `parseRedisUrl`; throws a TypeError where it cannot be read
 * @param failed told what is wrong with the connection: once for each kind of trouble while Redis is away
 */
export function connectRedis(url: string, failed: (error: Error) => void): RedisConnection {
  const client = createClient(url);
  const listeners = new Set<() => void>();
  const told = new Set<string>();
  let away = false;
  let lastTrouble: Error | null = null;
  let closing: Promise<void> | null = null;

  const trouble = (error: Error): void => {
    away = true;
    lastTrouble = error;
    if (closing !== null || told.has(error.message)) return;
    told.add(error.message);
    failed(error);
  };
  const serves = (): void => {
    if (!away) return;
    away = false;
    told.clear();
    for (const listener of listeners) listener();
  };
  client.on("error", trouble);
  client.on("node error", trouble);
  client.on("close", () => {
    away = true;
  });
  client.on("ready", serves);

  const run = async <Reply>(work: (client: RedisClient) => Promise<Reply>): Promise<Reply> => {
    if (client.status !== "ready")
      throw new RedisUnavailable(new Error(`the connection is ${client.status}`));
    try {
      const reply = await work(client);
      serves();
      return reply;
    } catch (error) {
      const seen = translated(error);
      if (seen instanceof RedisUnavailable) away = true;
      throw seen;
    }
  };

  return {
    async untilReady(milliseconds) {
      if (client.status === "ready" || (await eventWithin(client, "ready", milliseconds))) return;
      throw new RedisUnavailable(lastTrouble ?? new Error("it did not answer in time"));
    },
    run,
    script: (script, keys, values) =>
      run(async (ready) => {
        try {
          return await ready.evalsha(script.sha, keys.length, ...keys, ...values);
        } catch (error) {
          if (!isUnknownScript(error)) throw error;
          return await ready.eval(script.source, keys.length, ...keys, ...values);
        }
      }),
    together(work) {
      const streams = nodesOf(client).map(({ stream }) => stream);
      for (const stream of streams) stream?.cork();
      try {
        return work();
      } finally {
        for (const stream of streams) stream?.uncork();
      }
    },
    onBack(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closing ??= end(client).then(() => listeners.clear());
      return closing;
    },
  };
}

function nodesOf(client: RedisClient) {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** Waits for what was sent, where there is somebody to answer it. */
async function end(client: RedisClient): Promise<void> {
  if (client.status === "end") return;
  // Between two attempts to connect there is nothing that could end, and the client says nothing.
  const silent = client.status === "reconnecting" || nodesOf(client).length === 0;
  const ended = eventWithin(client, "end", silent ? 0 : CLOSING);
  const [quit] = client.status === "ready" ? await Promise.allSettled([client.quit()]) : [];
  if (quit?.status !== "fulfilled") client.disconnect();
  await ended;
}

/** Waits for an event, or until so many milliseconds are over. Says whether it came. */
function eventWithin(client: RedisClient, event: "ready" | "end", milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (came: boolean): void => {
      clearTimeout(timer);
      client.off(event, happened);
      resolve(came);
    };
    const happened = (): void => settle(true);
    const timer = setTimeout(settle, milliseconds, false);
    client.once(event, happened);
  });
}
