import { z } from "zod";
import { type Operation, tenantOperation } from "../operation.ts";
import { PageQuery } from "../paging.ts";
import { instant, listView } from "../representations.ts";
import { Refused } from "../responses.ts";

const EntryView = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.object({
      kind: z.enum(["operator", "api-key", "visitor", "system"]),
      id: z.string().exactOptional(),
      name: z.string().exactOptional(),
    }),
    action: z.string(),
    target: z.string().exactOptional(),
    details: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .meta({ id: "AuditEntry" });

/** Who did what, when. */
export const AUDIT_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "readAudit",
    method: "GET",
    path: "/tenants/:tenant/audit",
    summary: "Who did what, latest first",
    description: "The operator may read it also after the tenant was deleted.",
    access: "viewer",
    query: PageQuery,
    outlivesTenant: true,
    status: 200,
    response: listView("entries", EntryView),
    async handle({ tenantId, query: { after, limit }, services: { audit, registry } }) {
      const { entries, next } = await audit
        .forTenant(tenantId)
        .read({ limit, ...(after === undefined ? {} : { before: after }) });
      if (entries.length === 0 && after === undefined && (await registry.tenant(tenantId)) === null) {
        throw new Refused("NOT_FOUND", "there is no such tenant");
      }
      return { value: { entries: entries.map((entry) => ({ ...entry, at: instant(entry.at) })), next } };
    },
  }),
];
