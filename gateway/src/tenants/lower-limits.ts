import type { LimitName, TenantCeilings, TenantRecord } from "../ports/registry-store.ts";
import { defined } from "./apply-settings.ts";
import type { TenantSettings } from "./settings.ts";
import { effectiveLimits, TIERS } from "./tiers.ts";

type LimitsInput = NonNullable<TenantSettings["limits"]>;
type Limit = number | null;

/** A tenant with limits that it lowered itself; or the name of one that it asked to be higher than granted. */
export type Lowered =
  | { readonly ok: true; readonly tenant: TenantRecord }
  | { readonly ok: false; readonly limit: string };

/**
 * A tenant's own word on its limits: it may lower what the operator granted, and go back up to that. What was
 * granted stays in `loweredFrom` meanwhile.
 */
export function lowerLimits(tenant: TenantRecord, input: LimitsInput): Lowered {
  const { tenant: ceilings, ...perUser } = defined(input);
  const limits: Record<string, unknown> = { ...tenant.limits };
  const loweredFrom: Record<string, unknown> = { ...tenant.loweredFrom };
  const now = effectiveLimits(tenant);
  for (const [key, value] of Object.entries(perUser)) {
    const name = key as LimitName;
    const own = grantOf(tenant, name);
    const granted = own === "tier" ? TIERS[tenant.tier][name] : own;
    const wanted = value === "tier" ? granted : (value as Limit);
    if (wanted === now[name]) continue;
    if (isAbove(wanted, granted)) return { ok: false, limit: name };
    if (wanted === granted) {
      if (own === "tier") delete limits[name];
      else limits[name] = own;
      delete loweredFrom[name];
    } else {
      limits[name] = wanted;
      loweredFrom[name] = own;
    }
  }
  const lowered = lowerCeilings(tenant, ceilings === undefined ? {} : defined(ceilings));
  if (typeof lowered === "string") return { ok: false, limit: `tenant.${lowered}` };
  return {
    ok: true,
    tenant: {
      ...tenant,
      limits: { ...(limits as TenantRecord["limits"]), ...lowered.limits },
      loweredFrom: { ...(loweredFrom as TenantRecord["loweredFrom"]), ...lowered.loweredFrom },
    },
  };
}

/** The ceilings over all users, or the name of one that was to be higher than granted. */
function lowerCeilings(
  tenant: TenantRecord,
  input: TenantCeilings,
): string | { limits: { tenant?: TenantCeilings }; loweredFrom: { tenant?: TenantCeilings } } {
  const limits: Record<string, Limit> = { ...tenant.limits.tenant };
  const loweredFrom: Record<string, Limit> = { ...tenant.loweredFrom.tenant };
  for (const [name, wanted] of Object.entries(input) as [string, Limit][]) {
    if (wanted === (limits[name] ?? null)) continue;
    const granted = name in loweredFrom ? (loweredFrom[name] ?? null) : (limits[name] ?? null);
    if (isAbove(wanted, granted)) return name;
    limits[name] = wanted;
    if (wanted === granted) delete loweredFrom[name];
    else loweredFrom[name] = granted;
  }
  const { tenant: before = {} } = tenant.limits;
  return Object.keys(limits).every((name) => limits[name] === before[name as keyof TenantCeilings])
    ? { limits: {}, loweredFrom: {} }
    : { limits: { tenant: limits }, loweredFrom: { tenant: loweredFrom } };
}

function grantOf({ limits, loweredFrom }: TenantRecord, name: LimitName): Limit | "tier" {
  const before = loweredFrom[name];
  if (before !== undefined) return before;
  const own = limits[name];
  return own === undefined ? "tier" : own;
}

function isAbove(wanted: Limit, granted: Limit): boolean {
  if (granted === null) return false;
  return wanted === null || wanted > granted;
}
