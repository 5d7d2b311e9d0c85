import { Cluster, type Command, type CommonRedisOptions, Redis } from "ioredis";
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
    cluster.on("+node", takeClocks);
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
  takeClocks(server);
  return server;
}

/** What the driver does about time, done so that it holds when this process stands still, and when connections end. */
function takeClocks(server: Redis): void {
  endClockOnClose(server);
  const send = server.sendCommand.bind(server);
  server.sendCommand = (command, stream) => {
    giveUpInTime(command);
    return send(command, stream);
  };
}

/** Rejects a command that has no answer in time. */
function giveUpInTime(command: Command): void {
  const timer = setTimeout(() => {
    // Who was held up for that long has answers to read that came in time: they are read before this is called.
    setImmediate(() => {
      if (!command.isResolved) command.reject(new Error("Command timed out"));
    });
  }, COMMAND_TIMEOUT);
  const end = (): void => clearTimeout(timer);
  command.promise.then(end, end);
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
