import { Cluster, Command, type Redis } from "ioredis";
import type { RedisClient } from "./client.ts";

/** The server through which a channel is spoken to and heard. */
export interface ChannelServer {
  readonly server: Redis;
  /** Whether it is a node of a cluster, to be used with sharded pub/sub. */
  readonly sharded: boolean;
  /** Whether a connection leads to that server. */
  isAt(connection: Redis): boolean;
  /** After trouble: finds out anew which node serves which channel. */
  lookAgain(): void;
}

/** Finds it; throws where no node of the cluster is known to serve the channel, and then looks again. */
export function channelServer(client: RedisClient, channel: string): ChannelServer {
  if (!(client instanceof Cluster)) {
    return { server: client, sharded: false, isAt: () => true, lookAgain: () => undefined };
  }
  const lookAgain = (): void => client.refreshSlotsCache();
  const slot = new Command("spublish", [channel]).getSlot();
  const name = slot === null ? undefined : client.slots[slot]?.[0];
  const server = client.nodes("master").find((node) => nameOf(node) === name);
  if (server === undefined) {
    lookAgain();
    throw new Error("no node of the cluster is known to serve the channel");
  }
  return { server, sharded: true, isAt: (connection) => nameOf(connection) === name, lookAgain };
}

function nameOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}
