import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { connectRedis, type RedisConnection } from "../../../src/adapters/redis/connection.ts";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";
import { until } from "./until.ts";

/** Which Redis a suite runs against. */
export type RedisKind = "one server" | "a cluster";

/** A key as it lies in Redis. */
export interface HeldKey {
  readonly key: string;
  /** Milliseconds to live; -1 is for ever. */
  readonly life: number;
  /** Where it lies in a cluster; null on one server. */
  readonly slot: number | null;
}

/** A real Redis of a test's own, with the gateway's connection to it. */
export interface TestRedis {
  /** What a gateway is told by `REDIS_URL`. */
  readonly url: string;
  readonly redis: RedisConnection;
  /** Another connection, as another instance has one; `stop` closes it. */
  connect(): Promise<RedisConnection>;
  /** Forgets everything. */
  wipe(): Promise<void>;
  /** Every key of every server. */
  keys(): Promise<readonly HeldKey[]>;
  /** Lets milliseconds pass for all that is held: what would have expired is gone. */
  pass(milliseconds: number): Promise<void>;
  /** Commands that were taken so far, by name in lower case, of all servers. */
  commands(): Promise<ReadonlyMap<string, number>>;
  /** Makes every script unknown, as after a restart. */
  forgetScripts(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one and connects to it. */
export async function startTestRedis(kind: RedisKind): Promise<TestRedis> {
  const cluster = kind === "a cluster";
  const processes: RedisProcess[] = [];
  const servers: Redis[] = [];
  const connections: RedisConnection[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection.close()));
    for (const server of servers) server.disconnect();
    await Promise.all(processes.map((process) => process.stop()));
  };
  const url = (): string => {
    const hosts = processes.map(({ port }) => `127.0.0.1:${port}`).join(",");
    return cluster ? `redis+cluster://${hosts}` : `redis://${hosts}`;
  };
  const connect = async (): Promise<RedisConnection> => {
    const connection = connectRedis(url(), (error) => process.stderr.write(`${kind}: ${error.message}\n`));
    connections.push(connection);
    await connection.untilReady(10_000);
    return connection;
  };
  const start = async (): Promise<RedisConnection> => {
    const role = cluster ? "in a cluster" : "alone";
    const starting = Array.from({ length: cluster ? 3 : 1 }, async () => {
      const process = await startRedisProcess({ role });
      processes.push(process);
      servers.push(new Redis({ port: process.port }));
    });
    // None may still be starting when those that did are stopped.
    await Promise.allSettled(starting);
    await Promise.all(starting);
    if (cluster) await joinCluster(processes, servers);
    return await connect();
  };
  const redis = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const everywhere = async <Result>(work: (server: Redis) => Promise<Result>): Promise<Result[]> =>
    await Promise.all(servers.map(work));

  return {
    url: url(),
    redis,
    connect,
    async wipe() {
      await everywhere((server) => server.flushall());
    },
    async keys() {
      return (await everywhere((server) => heldKeys(server, cluster))).flat();
    },
    async pass(milliseconds) {
      await everywhere(async (server) => {
        const held = await heldKeys(server, cluster);
        await Promise.all(held.map(({ key, life }) => server.pexpire(key, life - milliseconds)));
      });
    },
    async commands() {
      const counts = new Map<string, number>();
      for (const stats of await everywhere((server) => server.info("commandstats"))) {
        for (const [, name = "", calls] of stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gmu)) {
          counts.set(name, (counts.get(name) ?? 0) + Number(calls));
        }
      }
      return counts;
    },
    async forgetScripts() {
      await everywhere((server) => server.script("FLUSH"));
    },
    stop,
  };
}

async function heldKeys(server: Redis, cluster: boolean): Promise<HeldKey[]> {
  const keys = await server.keys("*");
  return await Promise.all(
    keys.map(async (key) => ({
      key,
      life: await server.pttl(key),
      slot: cluster ? Number(await server.call("CLUSTER", "KEYSLOT", key)) : null,
    })),
  );
}

async function joinCluster(processes: readonly RedisProcess[], servers: readonly Redis[]): Promise<void> {
  const share = Math.ceil(16_384 / servers.length);
  // All of them before any meets another: a node's epoch can be set only while it knows nobody.
  await Promise.all(
    servers.map(async (server, index) => {
      await server.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
      const last = Math.min(16_383, (index + 1) * share - 1);
      await server.call("CLUSTER", "ADDSLOTSRANGE", index * share, last);
    }),
  );
  const [first] = processes;
  if (first === undefined) throw new Error("a cluster has nodes");
  const met = servers.slice(1);
  await Promise.all(
    met.map((server) => server.call("CLUSTER", "MEET", "127.0.0.1", first.port, first.busPort)),
  );
  await Promise.all(
    servers.map((server) =>
      until(
        () => knowsAll(server, servers.length),
        () => pause(20),
      ),
    ),
  );
}

async function knowsAll(server: Redis, count: number): Promise<boolean> {
  const info = await server.cluster("INFO");
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${count}`);
}
