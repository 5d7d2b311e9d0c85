import { Redis } from "ioredis";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";
import { until } from "./until.ts";

/** A master, its replica, and a sentinel that makes the replica the master when that is gone. */
export interface SentinelRedis {
  /** What a gateway is told by `REDIS_URL`. */
  readonly url: string;
  /** Kills the master; resolves when the replica is the master. */
  loseMaster(): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds without an answer after which the sentinel takes a master for gone. */
const GONE_AFTER = 500;

/** Starts the three, and waits until the replica holds what the master holds, and the sentinel knows of both. */
export async function startSentinelRedis(): Promise<SentinelRedis> {
  const master = await startRedisProcess({ settings: ["repl-diskless-sync-delay 0"] });
  const replica = await startRedisProcess({ settings: [`replicaof 127.0.0.1 ${master.port}`] });
  const replicaClient = new Redis({ port: replica.port });
  const saysOfItself = async (line: string): Promise<boolean> =>
    (await replicaClient.info("replication")).includes(line);
  await until(() => saysOfItself("master_link_status:up"));
  const sentinel = await startSentinelOf(master);
  const sentinelClient = new Redis({ port: sentinel.port });
  await until(async () => {
    const known = (await sentinelClient.call("SENTINEL", "REPLICAS", "main")) as unknown[];
    return known.length > 0;
  });
  return {
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`,
    async loseMaster() {
      await master.stop();
      await until(() => saysOfItself("role:master"));
    },
    async stop() {
      replicaClient.disconnect();
      sentinelClient.disconnect();
      await Promise.all([sentinel.stop(), replica.stop(), master.stop()]);
    },
  };
}

function startSentinelOf(master: RedisProcess): Promise<RedisProcess> {
  return startRedisProcess({
    role: { sentinelOf: master.port },
    settings: [`sentinel down-after-milliseconds main ${GONE_AFTER}`, "sentinel failover-timeout main 5000"],
  });
}
