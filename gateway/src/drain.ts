import { CLOSE_CODES } from "@parlance/protocol";
import type { Cluster } from "./delivery/cluster/cluster.ts";
import type { Connections } from "./delivery/connections.ts";
import type { LiveReplies } from "./delivery/live-replies.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";

/** Milliseconds that closing handshakes may take before what is left is dropped. */
const FAREWELL = 1_000;

/** What a drain works on. */
export interface DrainServices {
  readonly pipeline: Pipeline;
  readonly cluster: Cluster;
  readonly replies: LiveReplies;
  readonly connections: Connections;
  /** Seconds that replies may run on. */
  readonly drainSeconds: number;
  /** Seconds over which clients spread their return. */
  readonly reconnectSeconds: number;
}

/**
 * Lets running replies finish, for a while, and says goodbye: `goaway` to everyone, `interrupted` for what is
 * not done in time, then a close that invites clients back.
 */
export async function drain(services: DrainServices): Promise<void> {
  const { pipeline, cluster, replies, connections } = services;
  connections.everyone((outbox) =>
    outbox.send({ type: "goaway", reconnectIn: services.reconnectSeconds, reason: "restart" }),
  );
  await cluster.giveUpWaiting();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, services.drainSeconds * 1000);
  });
  await Promise.race([pipeline.idle(), late]);
  clearTimeout(timer);
  for (const reply of [...replies.running()]) pipeline.stop(reply, "interrupted");
  await pipeline.idle();
  connections.everyone((outbox) => outbox.farewell(CLOSE_CODES.restart, "restart"));
  await connections.empty(FAREWELL);
}
