import type { AuditLog } from "../ports/audit-log.ts";
import type { Limiter } from "../ports/limiter.ts";
import type { Records } from "../ports/records.ts";
import type { DeletedTenant, RegistryStore } from "../ports/registry-store.ts";
import type { Scope, TenantId } from "../ports/scope.ts";
import type { Clock, Ids } from "../ports/system.ts";
import type { VisitorFamilies } from "../ports/visitor-families.ts";

/** Users that are erased at once, and visitors whose tokens are forgotten at once. */
const USERS_AT_ONCE = 64;
const VISITORS_AT_ONCE = 500;
/** Milliseconds after which nothing of a deleted tenant can be on its way any more: no token lives as long. */
const SETTLED = 2 * 24 * 60 * 60 * 1000;

/** What goes of deleted tenants, and by what. */
export interface PurgeServices {
  readonly registry: Pick<RegistryStore, "deletedTenants" | "forgotten">;
  readonly records: Pick<Records, "users">;
  readonly visitorFamilies: VisitorFamilies;
  readonly limiter: Limiter;
  readonly audit: AuditLog;
  /** Lets what runs for a user come to its end, wherever it runs, so that its usage is booked. */
  endReplies(scope: Scope): Promise<void>;
  /** Erases a user from every layer; safe to call again. */
  eraseUser(scope: Scope): Promise<unknown>;
  /** Brands an id that the registry has established. */
  established(id: string): TenantId;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What went of a tenant in one go. */
export interface PurgedTenant {
  readonly users: number;
  /** Anonymous visitors whose tokens were forgotten. */
  readonly visitors: number;
}

/**
 * Deletes what is kept of the users of every deleted tenant. Safe to stop at any time and to do again, by several at
 * once: it goes on where it stopped. A tenant is looked at again until nothing can be on its way any more; what stays
 * is its id, so that it is never given again, its audit log, and usage as numbers.
 *
 * @param signal stops it after a batch
 * @throws AggregateError with what failed; the rest is done all the same
 */
export async function purgeDeletedTenants(
  services: PurgeServices,
  signal: AbortSignal,
): Promise<PurgedTenant> {
  const sum = { users: 0, visitors: 0 };
  const failures: unknown[] = [];
  for (const deleted of await services.registry.deletedTenants()) {
    if (signal.aborted) break;
    try {
      const { users, visitors } = await purgeTenant(services, deleted, signal);
      sum.users += users;
      sum.visitors += visitors;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "deleted tenants could not be purged");
  return sum;
}

async function purgeTenant(
  services: PurgeServices,
  { id, deletedAt }: DeletedTenant,
  signal: AbortSignal,
): Promise<PurgedTenant> {
  const { registry, limiter, audit, clock, ids } = services;
  const tenant = services.established(id);
  const users = await eraseUsers(services, tenant, signal);
  const visitors = await forgetVisitors(services, tenant, signal);
  await limiter.erase({ tenant, user: null });
  if (users + visitors > 0) {
    await audit.forTenant(tenant).append({
      id: ids.next(),
      at: clock.now(),
      actor: { kind: "system" },
      action: "tenant.purge",
      target: id,
      details: { users, visitors },
    });
  } else if (!signal.aborted && clock.now() - deletedAt > SETTLED) {
    await registry.forgotten(id);
  }
  return { users, visitors };
}

async function eraseUsers(
  { records, endReplies, eraseUser }: PurgeServices,
  tenant: TenantId,
  signal: AbortSignal,
): Promise<number> {
  const failures: unknown[] = [];
  let erased = 0;
  let after: string | null | undefined;
  do {
    const page = await records.users(tenant, {
      limit: USERS_AT_ONCE,
      ...(typeof after === "string" ? { after } : {}),
    });
    const outcomes = await Promise.allSettled(
      [...new Set(page.records)].map(async (user) => {
        await endReplies({ tenant, user });
        await eraseUser({ tenant, user });
      }),
    );
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") failures.push(outcome.reason);
      else erased++;
    }
    after = page.next;
  } while (after !== null && !signal.aborted);
  if (failures.length > 0)
    throw new AggregateError(failures, "users of a deleted tenant could not be erased");
  return erased;
}

async function forgetVisitors(
  { visitorFamilies }: PurgeServices,
  tenant: TenantId,
  signal: AbortSignal,
): Promise<number> {
  const mine = visitorFamilies.forTenant(tenant);
  let forgotten = 0;
  let some: number;
  do {
    some = await mine.forget(VISITORS_AT_ONCE);
    forgotten += some;
  } while (some > 0 && !signal.aborted);
  return forgotten;
}
