import { Cluster, type CommonRedisOptions, Redis } from "ioredis";
import { parseRedisUrl, type RedisTarget } from "./url.ts";

/** What talks to one server, or to a cluster. */
export type RedisClient = Redis | Cluster;

/** Milliseconds that a command may take. */
const COMMAND_TIMEOUT = 1_000;
/** Milliseconds without an answer after which a connection counts as dead. */
const SOCKET_TIMEOUT = 5_000;
/** Milliseconds between tries to connect at most. */
const LONGEST_BACKOFF = 2_000;

const COMMON = {
  connectTimeout: 2_000,
  commandTimeout: COMMAND_TIMEOUT,
  socketTimeout: SOCKET_TIMEOUT,
  keepAlive: 10_000,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // After a failover the old address may lead to what is a replica now: another connection finds the master.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} satisfies CommonRedisOptions;

/** A client that gives up at once where Redis is away, and tries for ever to be back. */
export function createClient(url: string): RedisClient {
  const target = parseRedisUrl(url);
  const tls = target.tls ? { tls: {} } : {};
  if (target.kind === "cluster") {
    const cluster = new Cluster([...target.addresses], {
      enableOfflineQueue: false,
      clusterRetryStrategy: backoff,
      // Certificates are for names, which nodes tell; an address looked up first would match none.
      ...(target.tls ? { dnsLookup: (address, found) => found(null, address) } : {}),
      redisOptions: { ...COMMON, ...tls, ...target.credentials },
    });
    cluster.on("+node", endClockOnClose);
    return cluster;
  }
  const server = new Redis({
    ...COMMON,
    ...tls,
    ...target.credentials,
    ...whereIs(target),
    enableOfflineQueue: false,
    retryStrategy: backoff,
    db: target.database,
  });
  endClockOnClose(server);
  return server;
}

/** Ends the driver's clock for `socketTimeout` with its connection: left to itself it goes on, and ends the next one. */
function endClockOnClose(server: Redis): void {
  server.on("close", () => {
    clearTimeout(Reflect.get(server, "socketTimeoutTimer") as NodeJS.Timeout | undefined);
    Reflect.deleteProperty(server, "socketTimeoutTimer");
  });
}

function whereIs(target: Exclude<RedisTarget, { kind: "cluster" }>) {
  if (target.kind === "single") return target.address;
  const { username, password } = target.sentinelCredentials;
  return {
    sentinels: [...target.addresses],
    name: target.master,
    sentinelRetryStrategy: backoff,
    enableTLSForSentinelMode: target.tls,
    ...(target.tls ? { sentinelTLS: {} } : {}),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
  };
}

/** Milliseconds to wait before the next try to connect, after so many. */
export function backoff(times: number): number {
  const longest = Math.min(LONGEST_BACKOFF, 50 * 2 ** Math.min(times, 10));
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}
