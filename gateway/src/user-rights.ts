import { setTimeout as pause } from "node:timers/promises";
import { type ErasureReceipt, eraseUser, resumeErasures } from "./compliance/erase-user.ts";
import { exportUser, type UserExport } from "./compliance/export-user.ts";
import { purgeDeletedTenants } from "./compliance/purge-tenants.ts";
import { RetentionTimer, sweepRetention, type TenantRetention } from "./compliance/retention.ts";
import { layersOf, type UserStore } from "./compliance/user-stores.ts";
import type { Cluster } from "./delivery/cluster/cluster.ts";
import { endReplies } from "./delivery/end-replies.ts";
import type { Archive } from "./ports/archive.ts";
import type { RegistryStore } from "./ports/registry-store.ts";
import type { ReplyJournal } from "./ports/reply-journal.ts";
import type { Scope } from "./ports/scope.ts";
import type { Clock, Ids } from "./ports/system.ts";
import type { DurableStores, HotStores } from "./stores.ts";
import type { Log } from "./telemetry/log.ts";
import { ANONYMOUS_PREFIX, establishedTenant } from "./tenants/scope.ts";
import type { Visitors } from "./tenants/visitors.ts";

/** Tenants that are read at once, and expired families of visitors that go at once. */
const TENANTS_A_PAGE = 100;
const FAMILIES_AT_ONCE = 1_000;
/** Milliseconds after which it is looked again for what deleted tenants left. */
const LOOK_AGAIN = 2_000;
/** Seconds for which one instance's turn to sweep lasts: a little less than the time between its sweeps. */
const TURN_SECONDS = 50 * 60;

/** A user's rights over what is held on them, and what is seen to without anybody asking. */
export interface UserRightsAtWork {
  exportUser(scope: Scope): Promise<UserExport>;
  eraseUser(scope: Scope, by: string): Promise<ErasureReceipt>;
  /** Begins to delete what is kept of the users of deleted tenants, in the background. */
  purgeDeletedTenants(): void;
  /** Other instances are gone: begins to finish what they had begun to delete, in the background. */
  othersGone(): void;
  /** Sweeps no more; resolves once nothing runs. */
  close(): Promise<void>;
}

/** Puts export, erasure and retention to work. Part of the composition: `compose.ts` calls it, and ends what it made. */
export function startUserRights(parts: {
  registry: RegistryStore;
  durable: Pick<DurableStores, "records" | "visitorFamilies" | "audit">;
  archive: Archive;
  hot: HotStores;
  journal: ReplyJournal;
  visitors: Visitors;
  cluster: Cluster;
  clock: Clock;
  ids: Ids;
  log: Log;
}): UserRightsAtWork {
  const { registry, durable, archive, hot, journal, visitors, cluster, clock, ids, log } = parts;
  const { records, visitorFamilies } = durable;
  const { recent, session, summaries } = hot;
  const self = ids.next();

  const erasing = {
    records,
    stores: [...layersOf({ ...hot, journal }), visitorsStore(visitors)],
    stop: (scope: Scope) => cluster.withdraw(scope, "user"),
    clock,
    ids,
  };
  const retention = {
    records,
    layers: [recent, session],
    summaries,
    journal,
    tenants: () => allTenants(registry),
    clock,
  };
  const resume = async (): Promise<void> => {
    const resumed = await resumeErasures(erasing);
    if (resumed > 0) log.warn({ users: resumed }, "erasures that had stopped half-way are finished");
  };
  const stopping = new AbortController();
  const purging = {
    registry,
    records,
    visitorFamilies,
    limiter: hot.limiter,
    audit: durable.audit,
    endReplies: (scope: Scope) => endReplies(scope, { archive, cluster, clock }),
    eraseUser: (scope: Scope) => eraseUser(erasing, scope, "tenant deleted"),
    established: establishedTenant,
    clock,
    ids,
  };
  /** Again and again, as long as something was found: other instances may have taken a turn just before they knew. */
  const purge = async (): Promise<void> => {
    const { signal } = stopping;
    try {
      for (let found = true; found && !signal.aborted; ) {
        const { users, visitors } = await purgeDeletedTenants(purging, signal);
        found = users + visitors > 0;
        if (!found) return;
        log.info({ users, visitors }, "what deleted tenants left was deleted");
        await pause(LOOK_AGAIN, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted)
        log.error({ err: error }, "what deleted tenants left is not all deleted; the next sweep tries again");
    }
  };
  let purged: Promise<void> = Promise.resolve();
  const purgeNext = (): Promise<void> => {
    purged = purged.then(purge);
    return purged;
  };
  const timer = new RetentionTimer({
    async sweep(signal) {
      if ((await hot.instances.agree("retention", self, TURN_SECONDS)) !== self) return;
      await resume();
      await purgeNext();
      await visitorFamilies.forgetExpired(clock.now(), FAMILIES_AT_ONCE);
      const swept = await sweepRetention(retention, signal);
      if (swept.messages > 0) log.info(swept, "what tenants keep no longer was deleted");
    },
    failed: (error) =>
      log.error({ err: error }, "a sweep of what is too old failed; the next one tries again"),
  });
  const finish = (): Promise<void> =>
    resume()
      .catch((error: unknown) =>
        log.error({ err: error }, "erasures that had stopped half-way are not finished yet"),
      )
      .then(purgeNext);
  let finished = finish();

  return {
    exportUser: (scope) => exportUser({ records, summaries, clock }, scope),
    eraseUser: (scope, by) => eraseUser(erasing, scope, by),
    purgeDeletedTenants: () => void purgeNext(),
    othersGone() {
      if (!stopping.signal.aborted) finished = finished.then(finish);
    },
    async close() {
      stopping.abort();
      await timer.close();
      await finished;
      await purged;
    },
  };
}

/** A visitor's tokens end with their data: who comes back with one is somebody new. */
function visitorsStore(visitors: Visitors): UserStore {
  return {
    name: "visitor",
    async eraseUser(scope) {
      if (!scope.user.startsWith(ANONYMOUS_PREFIX) || !(await visitors.alive(scope))) return 0;
      await visitors.end(scope, "erased");
      return 1;
    },
  };
}

async function* allTenants(registry: RegistryStore): AsyncGenerator<TenantRetention> {
  let after: string | null | undefined;
  do {
    const page = await registry.tenants({
      limit: TENANTS_A_PAGE,
      ...(typeof after === "string" ? { after } : {}),
    });
    for (const { id, retentionDays } of page.tenants) yield { tenant: establishedTenant(id), retentionDays };
    after = page.next;
  } while (after !== null);
}
