import { CLOSE_CODES } from "@parlance/protocol";
import type { Cluster } from "./delivery/cluster/cluster.ts";
import type { Connections } from "./delivery/connections.ts";
import { goaway } from "./delivery/goaway.ts";
import type { JournalWriter } from "./delivery/journal-writer.ts";
import type { LiveReplies } from "./delivery/live-replies.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import type { TenantId } from "./ports/scope.ts";
import type { TenantDirectory } from "./tenants/directory.ts";

/** Milliseconds that clients who leave by themselves may take to do so, after the moment that they picked. */
const LEAVING = 1_000;
/** Milliseconds that closing handshakes may take before what is left is dropped. */
const FAREWELL = 1_000;

/** What a drain works on. */
export interface DrainServices {
  readonly pipeline: Pipeline;
  readonly cluster: Cluster;
  readonly replies: LiveReplies;
  readonly connections: Connections;
  readonly directory: TenantDirectory;
  readonly journalWriter: JournalWriter;
  /** Seconds that replies may run on. */
  readonly drainSeconds: number;
}

/**
 * Says `goaway` to everyone, and lets running replies finish for a while. Where another instance takes over, it gets
 * what waits at once and what is not done in time at the end, and clients have the time to leave that they were told;
 * alone, what is not done in time ends as `interrupted`. Then come closes that invite clients back.
 */
export async function drain(services: DrainServices): Promise<void> {
  const { pipeline, replies, connections, drainSeconds } = services;
  const { departure } = services.cluster;
  const over = within(drainSeconds * 1000);
  const spread = await sayGoodbye(services);
  const taken = await departure.giveUpWaiting();
  await over.or(
    Promise.all([pipeline.idle(), taken ? connections.empty(spread * 1000 + LEAVING) : undefined]),
  );
  await over.or(pipeline.idle());
  over.cancel();
  if (departure.possible) {
    await services.journalWriter.flush();
    departure.giveUpRunning();
  } else {
    for (const reply of [...replies.running()]) pipeline.stop(reply, "interrupted");
  }
  await pipeline.idle();
  await departure.settled();
  connections.everyone((outbox) => outbox.farewell(CLOSE_CODES.restart, "restart"));
  await connections.empty(FAREWELL);
}

/** @returns the longest time, seconds, that anybody was told */
async function sayGoodbye({ connections, directory, drainSeconds }: DrainServices): Promise<number> {
  const tenants = new Set<TenantId>();
  for (const { tenant } of connections.scopes()) tenants.add(tenant);
  const frames = new Map(
    await Promise.all(
      [...tenants].map(async (id) => {
        // The directory tells of a registry that cannot be read; whoever may be given up soon comes at once.
        const tenant = await directory.tenant(id).catch(() => null);
        return [id, goaway({ abandonSeconds: tenant?.abandonSeconds ?? 0, drainSeconds })] as const;
      }),
    ),
  );
  connections.everyone((outbox, { tenant }) => {
    const frame = frames.get(tenant);
    if (frame !== undefined) outbox.send(frame);
  });
  return Math.max(0, ...[...frames.values()].map(({ reconnectIn }) => reconnectIn));
}

/** So many milliseconds from now, which end whatever wait is under way. */
function within(milliseconds: number): { or(work: Promise<unknown>): Promise<void>; cancel(): void } {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, milliseconds);
  return {
    async or(work) {
      await Promise.race([work, over.promise]);
    },
    cancel: () => clearTimeout(timer),
  };
}
