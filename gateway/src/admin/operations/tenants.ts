import { isDeepStrictEqual } from "node:util";
import type { TenantRecord } from "../../ports/registry-store.ts";
import { applySettings, modelProblem } from "../../tenants/apply-settings.ts";
import { TENANT_DEFAULTS } from "../../tenants/defaults.ts";
import { lowerLimits } from "../../tenants/lower-limits.ts";
import { establishedTenant } from "../../tenants/scope.ts";
import { Name, TenantIdText, TenantSettings } from "../../tenants/settings.ts";
import { effectiveLimits } from "../../tenants/tiers.ts";
import type { Caller } from "../caller.ts";
import { type AdminServices, type Operation, operation, tenantOperation } from "../operation.ts";
import { PageQuery } from "../paging.ts";
import { listView, TenantView, tenantView } from "../representations.ts";
import { Refused } from "../responses.ts";
import { matchRevision, tagOf, untilWritten } from "../tags.ts";

const NewTenant = TenantSettings.extend({ id: TenantIdText, name: Name });

/** Fields that only the operator sets. */
const OPERATORS = ["tier", "prices", "allowedModels"] as const;
const MODEL_FIELDS = ["model", "models", "summaryModel", "allowedModels", "failover"] as const;

/** Tenants: made, listed, read, changed and deleted. */
export const TENANT_OPERATIONS: readonly Operation[] = [
  operation({
    id: "createTenant",
    method: "POST",
    path: "/tenants",
    summary: "Make a tenant",
    description:
      "All but `id` and `name` have defaults. The id of a deleted tenant is never given again (409).",
    access: "operator",
    body: NewTenant,
    status: 201,
    response: TenantView,
    async handle({ body: { id, ...settings }, services }) {
      const now = services.clock.now();
      const fresh = {
        ...TENANT_DEFAULTS,
        id,
        name: settings.name,
        model: services.defaultModel,
        createdAt: now,
        updatedAt: now,
      };
      const tenant = applySettings(fresh, settings);
      checkModels(tenant, services);
      if (!(await services.registry.putTenant(tenant, null))) {
        throw new Refused("CONFLICT", "`id`: there is, or was, a tenant of this id");
      }
      return {
        value: tenantView(tenant),
        etag: tagOf(tenant.revision),
        changed: true,
        audit: {
          tenant: establishedTenant(id),
          action: "tenant.create",
          target: id,
          details: { fields: Object.keys(settings) },
        },
      };
    },
  }),

  operation({
    id: "listTenants",
    method: "GET",
    path: "/tenants",
    summary: "List tenants",
    description: "The operator sees all, in the order of their ids; a tenant's key sees its own.",
    access: "viewer",
    query: PageQuery,
    status: 200,
    response: listView("tenants", TenantView),
    async handle({ query, caller, services: { registry } }) {
      if (caller.kind === "operator") {
        const { tenants, next } = await registry.tenants(query);
        return { value: { tenants: tenants.map(tenantView), next } };
      }
      const own = await registry.tenant(caller.tenant);
      const shown = own === null || (query.after !== undefined && own.id <= query.after) ? [] : [own];
      return { value: { tenants: shown.map(tenantView), next: null } };
    },
  }),

  tenantOperation({
    id: "readTenant",
    method: "GET",
    path: "/tenants/:tenant",
    summary: "Read a tenant",
    access: "viewer",
    status: 200,
    response: TenantView,
    handle: async ({ tenant }) => ({ value: tenantView(tenant), etag: tagOf(tenant.revision) }),
  }),

  tenantOperation({
    id: "updateTenant",
    method: "PATCH",
    path: "/tenants/:tenant",
    summary: "Change a tenant",
    description:
      "What is absent stays. Objects with named fields are merged field by field; lists, `look` and `prices` are replaced whole. `tier`, `prices` and `allowedModels` are the operator's; a tenant's key may lower `limits`, and go back up to what was granted.",
    access: "editor",
    body: TenantSettings,
    conditional: true,
    status: 200,
    response: TenantView,
    async handle({ tenantId, body, caller, ifMatch, services }) {
      const { before, after } = await untilWritten(async () => {
        const before = await services.registry.tenant(tenantId);
        if (before === null) throw new Refused("NOT_FOUND", "there is no such tenant");
        matchRevision(ifMatch, before.revision);
        const changed = changeTenant(before, body, caller);
        if (MODEL_FIELDS.some((field) => field in body)) checkModels(changed, services);
        if (same(changed, before)) return { before, after: before };
        const after = { ...changed, revision: before.revision + 1, updatedAt: services.clock.now() };
        return (await services.registry.putTenant(after, before.revision)) ? { before, after } : null;
      });
      const answer = { value: tenantView(after), etag: tagOf(after.revision) };
      if (after === before) return answer;
      return {
        ...answer,
        changed: true,
        audit: {
          tenant: tenantId,
          action: "tenant.update",
          target: tenantId,
          details: { fields: Object.keys(body), revision: after.revision },
        },
      };
    },
  }),

  tenantOperation({
    id: "deleteTenant",
    method: "DELETE",
    path: "/tenants/:tenant",
    summary: "Delete a tenant with all its keys and users",
    description:
      "Its sockets close at once; what is kept of its users is deleted in the background, from every layer. Its id is never given again; its audit log and usage stay readable for the operator.",
    access: "operator",
    conditional: true,
    status: 204,
    async handle({ tenantId, ifMatch, services: { registry, userRights, clock } }) {
      await untilWritten(async () => {
        const before = await registry.tenant(tenantId);
        if (before === null) throw new Refused("NOT_FOUND", "there is no such tenant");
        matchRevision(ifMatch, before.revision);
        return (await registry.deleteTenant(tenantId, before.revision, clock.now())) ? true : null;
      });
      userRights.purgeDeletedTenants();
      return { changed: true, audit: { tenant: tenantId, action: "tenant.delete", target: tenantId } };
    },
  }),
];

/** What a caller's word makes of a tenant; what it may not say is refused, unless it is as it is already. */
function changeTenant(tenant: TenantRecord, settings: TenantSettings, caller: Caller): TenantRecord {
  if (caller.kind === "operator") {
    const { limits, ...rest } = settings;
    return applySettings(
      tenant,
      limits === undefined ? rest : { ...rest, limits: newLimits(tenant, settings) },
    );
  }
  const { limits, ...rest } = settings;
  const allowed: Record<string, unknown> = { ...rest };
  for (const field of OPERATORS) {
    if (!(field in allowed)) continue;
    if (!same(allowed[field], tenant[field])) {
      throw new Refused("FORBIDDEN", `\`${field}\` is the platform operator's to set`);
    }
    delete allowed[field];
  }
  const applied = applySettings(tenant, allowed as TenantSettings);
  if (limits === undefined) return applied;
  const lowered = lowerLimits(applied, limits);
  if (lowered.ok) return lowered.tenant;
  throw new Refused("FORBIDDEN", `\`limits.${lowered.limit}\` is above what the platform operator granted`);
}

/** The limits that differ from those that hold: who sends back what was read pins nothing of the tier. */
function newLimits(
  tenant: TenantRecord,
  { tier, limits = {} }: TenantSettings,
): NonNullable<TenantSettings["limits"]> {
  const { tenant: ceilingsNow, ...now } = effectiveLimits({ ...tenant, tier: tier ?? tenant.tier });
  const { tenant: ceilings, ...perUser } = limits;
  const changedCeilings = ceilings === undefined ? {} : differing(ceilings, ceilingsNow);
  return {
    ...differing(perUser, now),
    ...(Object.keys(changedCeilings).length === 0 ? {} : { tenant: changedCeilings }),
  };
}

function differing<Fields extends object>(wanted: Fields, now: object): Fields {
  const entries = Object.entries(wanted).filter(
    ([name, value]) => (now as Record<string, unknown>)[name] !== value,
  );
  return Object.fromEntries(entries) as Fields;
}

function checkModels(tenant: TenantRecord, services: AdminServices): void {
  const problem = modelProblem(tenant, services.knownModel);
  if (problem !== null) throw new Refused("INVALID_FRAME", problem);
}

/** Whether two values are the same JSON, in whatever order of fields. */
function same(one: unknown, other: unknown): boolean {
  // Records that a worker or a parser made may have other prototypes, which say nothing here.
  const plain = (value: unknown): unknown =>
    value === undefined ? value : JSON.parse(JSON.stringify(value));
  return isDeepStrictEqual(plain(one), plain(other));
}
