import type { Archive } from "../ports/archive.ts";
import type { Scope } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { Cluster } from "./cluster/cluster.ts";

/** Milliseconds that replies have to end with what they have, and between looks. */
const ENDING = 2_000;
const LOOK_AGAIN = 25;

/** Stops all of a user's replies, wherever they run, and waits for their ends: as `interrupted`, two seconds at most. */
export async function endReplies(
  scope: Scope,
  { archive, cluster, clock }: { archive: Archive; cluster: Cluster; clock: Clock },
): Promise<void> {
  const mine = archive.forUser(scope);
  const until = clock.monotonic() + ENDING;
  let open = await mine.openReplies();
  const asked = Promise.allSettled(open.map(({ reply }) => cluster.stop(scope, reply, "interrupted")));
  while (open.length > 0 && clock.monotonic() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    open = await mine.openReplies();
  }
  if (open.length === 0) await asked;
}
