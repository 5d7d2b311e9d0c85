import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createMemoryLimiter } from "../../../src/adapters/memory/limiter.ts";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { createSqliteAuditLog } from "../../../src/adapters/sqlite/audit-log.ts";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRecords } from "../../../src/adapters/sqlite/records.ts";
import { createSqliteRegistryStore } from "../../../src/adapters/sqlite/registry-store.ts";
import { createSqliteVisitorFamilies } from "../../../src/adapters/sqlite/visitor-families.ts";
import { type PurgeServices, purgeDeletedTenants } from "../../../src/compliance/purge-tenants.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { TENANT_DEFAULTS } from "../../../src/tenants/defaults.ts";
import { establishedTenant } from "../../../src/tenants/scope.ts";
import { exchange } from "../../ports/archive/turns.ts";
import { type ManualClock, manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";
import { family } from "../../ports/visitor-families/suite.ts";

const DAY = 24 * 60 * 60 * 1000;
const NOTHING = { users: 0, visitors: 0 };

describe("purging deleted tenants", () => {
  let database: SqliteDatabase;
  let clock: ManualClock;
  let services: PurgeServices;
  let failing: Set<string>;
  let order: string[];
  const { signal } = new AbortController();
  beforeEach(async () => {
    database = await openSqlite(":memory:");
    clock = manualClock();
    failing = new Set();
    order = [];
    const registry = createSqliteRegistryStore(database);
    const records = createSqliteRecords(database);
    let ids = 0;
    services = {
      registry,
      records,
      visitorFamilies: createSqliteVisitorFamilies(database),
      limiter: createMemoryLimiter({ clock }),
      audit: createSqliteAuditLog(database),
      async endReplies({ user }) {
        order.push(`end ${user}`);
      },
      async eraseUser(scope: Scope) {
        order.push(`erase ${scope.user}`);
        if (failing.has(scope.user)) throw new Error(`${scope.user} cannot be erased now`);
        const user = records.forUser(scope);
        const { id } = await user.begin({ id: `erasure-${++ids}`, by: "test", at: clock.now() });
        await user.purge(id, 100);
        while (!(await user.purge(id, 100))) {
          // Again until nothing is left.
        }
        await user.finish(id, clock.now());
      },
      established: establishedTenant,
      clock,
      ids: { next: () => `id-${String(++ids).padStart(4, "0")}` },
    };
    for (const id of ["gone", "kept"]) {
      const record = { ...TENANT_DEFAULTS, id, name: id, model: "m", createdAt: 0, updatedAt: 0 };
      await registry.putTenant(record, null);
      for (let user = 0; user < 70; user++)
        await exchange(createSqliteArchive(database).forUser(scopeOf(id, `user ${user}`)), "said");
      await services.visitorFamilies.forTenant(establishedTenant(id)).put("anon_1", family());
    }
    await registry.deleteTenant("gone", 1, clock.now());
  });
  afterEach(() => database.close());

  const usersOf = async (tenant: string): Promise<number> =>
    (await services.records.users(establishedTenant(tenant), { limit: 1_000 })).records.length;

  test("ends what runs before it erases, and leaves nothing of the tenant and all of the others", async () => {
    expect(await purgeDeletedTenants(services, signal)).toEqual({ users: 70, visitors: 1 });
    expect(order.indexOf("end user 3")).toBeLessThan(order.indexOf("erase user 3"));
    expect(await usersOf("gone")).toBe(0);
    expect(await usersOf("kept")).toBe(70);
    expect(await services.visitorFamilies.forTenant(establishedTenant("gone")).get("anon_1")).toBeNull();
    expect(await services.visitorFamilies.forTenant(establishedTenant("kept")).get("anon_1")).not.toBeNull();
    const { entries } = await services.audit.forTenant(establishedTenant("gone")).read({ limit: 5 });
    expect(entries).toMatchObject([
      { actor: { kind: "system" }, action: "tenant.purge", details: { users: 70, visitors: 1 } },
    ]);
  });

  test("goes on beside a user who cannot be erased, says so, and does the rest the next time", async () => {
    failing.add("user 10");
    await expect(purgeDeletedTenants(services, signal)).rejects.toThrow(AggregateError);
    expect(await usersOf("gone")).toBe(1);
    failing.clear();
    expect(await purgeDeletedTenants(services, signal)).toEqual({ users: 1, visitors: 1 });
    expect(await purgeDeletedTenants(services, signal)).toEqual(NOTHING);
  });

  test("stops after a batch when it is told to, and goes on from there", async () => {
    const stopping = new AbortController();
    const { eraseUser } = services;
    const stopped = {
      ...services,
      eraseUser: async (scope: Scope) => {
        stopping.abort();
        await eraseUser(scope);
      },
    };
    await purgeDeletedTenants(stopped, stopping.signal);
    expect(await usersOf("gone")).toBe(6);
    expect((await purgeDeletedTenants(services, signal)).users).toBe(6);
  });

  test("looks again until nothing can be on its way, and not for ever", async () => {
    await purgeDeletedTenants(services, signal);
    clock.advance(DAY);
    expect(await purgeDeletedTenants(services, signal)).toEqual(NOTHING);
    await exchange(createSqliteArchive(database).forUser(scopeOf("gone", "a straggler")), "late");
    clock.advance(2 * DAY);
    expect(await purgeDeletedTenants(services, signal)).toMatchObject({ users: 1 });
    expect(await services.registry.deletedTenants()).toHaveLength(1);
    expect(await purgeDeletedTenants(services, signal)).toEqual(NOTHING);
    expect(await services.registry.deletedTenants()).toEqual([]);
  });
});
