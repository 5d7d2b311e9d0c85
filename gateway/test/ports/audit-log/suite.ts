import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { AuditEntry, AuditLog } from "../../../src/ports/audit-log.ts";
import { establishedTenant } from "../../../src/tenants/scope.ts";

const acme = establishedTenant("acme");
const other = establishedTenant("acme#AUDIT");

function entry(id: string, details: AuditEntry["details"] = {}): AuditEntry {
  return { id, at: 5, actor: { kind: "api-key", id: "k", name: "Ann" }, action: "tenant.update", details };
}

/**
 * What every audit log must do.
 *
 * @param open opens an empty log; `close` ends it
 */
export function auditLogSuite(open: () => Promise<{ log: AuditLog; close(): Promise<void> }>): void {
  describe("an audit log", () => {
    let log: AuditLog;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ log, close } = await open());
    });
    afterEach(() => close());

    test("gives back what was added, latest first, to the field", async () => {
      const detailed = entry("02", { fields: ["name", "look"], count: 2, before: null, forced: true });
      await log.forTenant(acme).append(entry("01"));
      await log.forTenant(acme).append(detailed);
      expect(await log.forTenant(acme).read({ limit: 10 })).toEqual({
        entries: [detailed, entry("01")],
        next: null,
      });
    });

    test("is read in pages that nothing new disturbs", async () => {
      for (const id of ["01", "02", "03", "04", "05"]) await log.forTenant(acme).append(entry(id));
      const first = await log.forTenant(acme).read({ limit: 2 });
      await log.forTenant(acme).append(entry("06"));
      const second = await log.forTenant(acme).read({ limit: 2, before: first.next ?? "" });
      const third = await log.forTenant(acme).read({ limit: 2, before: second.next ?? "" });
      const ids = [first, second, third].map(({ entries }) => entries.map(({ id }) => id));
      expect(ids).toEqual([["05", "04"], ["03", "02"], ["01"]]);
      expect(third.next).toBeNull();
    });

    test("never changes what is there: the same id is the same entry", async () => {
      await log.forTenant(acme).append(entry("01"));
      await log.forTenant(acme).append({ ...entry("01"), action: "tenant.delete" });
      expect((await log.forTenant(acme).read({ limit: 10 })).entries).toEqual([entry("01")]);
    });

    test("keeps tenants apart", async () => {
      await log.forTenant(acme).append(entry("01"));
      await log.forTenant(other).append(entry("02"));
      expect((await log.forTenant(acme).read({ limit: 10 })).entries.map(({ id }) => id)).toEqual(["01"]);
      expect((await log.forTenant(other).read({ limit: 10 })).entries.map(({ id }) => id)).toEqual(["02"]);
    });
  });
}
