/** A Redis server's, sentinel's or cluster node's address. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Who the gateway is to Redis. */
export interface RedisCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** Which Redis a URL names. */
export type RedisTarget = { readonly tls: boolean; readonly credentials: RedisCredentials } & (
  | { readonly kind: "single"; readonly address: RedisAddress; readonly database: number }
  | { readonly kind: "cluster"; readonly addresses: readonly RedisAddress[] }
  | {
      readonly kind: "sentinel";
      readonly addresses: readonly RedisAddress[];
      readonly master: string;
      readonly database: number;
      readonly sentinelCredentials: RedisCredentials;
    }
);

const FORM =
  /^redis(?<tls>s?)(?:\+(?<kind>cluster|sentinel))?:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/u;
const HOST = /^(?<host>\[[^\]]+\]|[^:[\]]+)(?::(?<port>\d{1,5}))?$/u;

/**
 * Reads a Redis URL. Names and passwords are percent-encoded.
 *
 * - `redis://user:password@host:6379/0`: one server; `rediss://` is TLS, as with all that follow
 * - `redis+cluster://user:password@host:6379,host:6379`: a cluster, by some of its nodes
 * - `redis+sentinel://user:password@host:26379,host:26379/master/0?username=…&password=…`: whichever server the
 *   sentinels call that master; the query is who the gateway is to the sentinels
 *
 * @throws {TypeError} where it is none of these; the message holds no password
 */
export function parseRedisUrl(url: string): RedisTarget {
  const { tls, kind, username, password, hosts, path, query } = FORM.exec(url)?.groups ?? {};
  if (hosts === undefined)
    throw bad("it must be redis://, rediss://, redis+cluster:// or redis+sentinel:// with hosts");
  const common = { tls: tls === "s", credentials: credentials(username, password) };
  if (query !== undefined && kind !== "sentinel") throw bad("only the sentinel form takes a query");
  if (kind === "cluster") {
    if (path) throw bad("a cluster has no databases");
    return { kind, ...common, addresses: addresses(hosts, 6379) };
  }
  if (kind === "sentinel") {
    const [master, database, ...rest] = (path ?? "").split("/");
    if (!master || rest.length > 0) throw bad("after the sentinels stands /master or /master/database");
    const search = new URLSearchParams(query);
    return {
      kind,
      ...common,
      addresses: addresses(hosts, 26379),
      master: decoded(master),
      database: databaseOf(database),
      sentinelCredentials: {
        ...(search.has("username") ? { username: search.get("username") ?? "" } : {}),
        ...(search.has("password") ? { password: search.get("password") ?? "" } : {}),
      },
    };
  }
  const [address, ...others] = addresses(hosts, 6379);
  if (address === undefined || others.length > 0) throw bad("several hosts are a cluster or sentinels");
  return { kind: "single", ...common, address, database: databaseOf(path) };
}

function addresses(hosts: string, defaultPort: number): RedisAddress[] {
  return hosts.split(",").map((text) => {
    const { host, port } = HOST.exec(text)?.groups ?? {};
    if (host === undefined || Number(port) > 65_535)
      throw bad("each host must be host or host:port, with a port up to 65535");
    return { host: host.replace(/^\[|\]$/gu, ""), port: port === undefined ? defaultPort : Number(port) };
  });
}

function credentials(username: string | undefined, password: string | undefined): RedisCredentials {
  return {
    ...(username ? { username: decoded(username) } : {}),
    ...(password ? { password: decoded(password) } : {}),
  };
}

function databaseOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,5}$/u.test(text)) throw bad("a database is a number");
  return Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad("a part of it is not percent-encoded as it should be");
  }
}

function bad(reason: string): TypeError {
  return new TypeError(`is no Redis URL: ${reason}`);
}
