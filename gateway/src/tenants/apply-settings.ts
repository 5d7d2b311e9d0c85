import type { LimitOverrides, TenantRecord } from "../ports/registry-store.ts";
import type { TenantSettings } from "./settings.ts";
import { TIERS } from "./tiers.ts";

type LimitsInput = NonNullable<TenantSettings["limits"]>;

/** A tenant with what is said of it put in, as the operator may say all. Revision and times are the caller's. */
export function applySettings(tenant: TenantRecord, settings: TenantSettings): TenantRecord {
  const { models, cache, attachments, limits, ...plain } = settings;
  const applied: TenantRecord = {
    ...tenant,
    ...defined(plain),
    models: { ...tenant.models, ...defined(models ?? {}) },
    cache: { ...tenant.cache, ...defined(cache ?? {}) },
    attachments: { ...tenant.attachments, ...defined(attachments ?? {}) },
    ...(limits === undefined ? {} : grantLimits(tenant, limits)),
  };
  return withinTier(applied);
}

/** What a tenant lowered below its former tier may be above its new one: then the new one's holds. */
function withinTier(tenant: TenantRecord): TenantRecord {
  const limits: Record<string, unknown> = { ...tenant.limits };
  const loweredFrom: Record<string, unknown> = { ...tenant.loweredFrom };
  for (const [name, granted] of Object.entries(TIERS[tenant.tier])) {
    const own = limits[name];
    if (loweredFrom[name] !== "tier" || typeof own !== "number" || granted === null || own < granted)
      continue;
    delete limits[name];
    delete loweredFrom[name];
  }
  return {
    ...tenant,
    limits: limits as LimitOverrides,
    loweredFrom: loweredFrom as TenantRecord["loweredFrom"],
  };
}

/** The names of models that settings mention, each with the field that does. */
export function mentionedModels(tenant: TenantRecord): readonly { field: string; model: string }[] {
  const { model, models, summaryModel, failover } = tenant;
  const named = [
    { field: "model", model },
    { field: "models.simple", model: models.simple },
    { field: "models.moderate", model: models.moderate },
    { field: "models.complex", model: models.complex },
    { field: "summaryModel", model: summaryModel },
    ...failover.map((each) => ({ field: "failover", model: each })),
  ];
  return named.flatMap(({ field, model: name }) => (name === null ? [] : [{ field, model: name }]));
}

/**
 * What is wrong with the models of a tenant, or null: each must be known, and among the allowed.
 *
 * @param known whether the gateway's table has a model of that name
 */
export function modelProblem(tenant: TenantRecord, known: (model: string) => boolean): string | null {
  const { allowedModels } = tenant;
  for (const model of allowedModels ?? []) {
    if (!known(model)) return `\`allowedModels\`: model ${model} is not known`;
  }
  for (const { field, model } of mentionedModels(tenant)) {
    if (!known(model)) return `\`${field}\`: model ${model} is not known`;
    if (allowedModels !== null && !allowedModels.includes(model)) {
      return `\`${field}\`: model ${model} is not among the tenant's allowed models`;
    }
  }
  return null;
}

/** The operator's word on limits: what the tenant lowered of the same itself is forgotten. */
function grantLimits(tenant: TenantRecord, input: LimitsInput): Pick<TenantRecord, "limits" | "loweredFrom"> {
  const { tenant: ceilings, ...perUser } = defined(input);
  const limits: Record<string, unknown> = { ...tenant.limits };
  const loweredFrom: Record<string, unknown> = { ...tenant.loweredFrom };
  for (const [name, value] of Object.entries(perUser)) {
    if (value === "tier") delete limits[name];
    else limits[name] = value;
    delete loweredFrom[name];
  }
  if (ceilings !== undefined) {
    limits.tenant = { ...tenant.limits.tenant, ...defined(ceilings) };
    loweredFrom.tenant = Object.fromEntries(
      Object.entries(tenant.loweredFrom.tenant ?? {}).filter(([name]) => !(name in defined(ceilings))),
    );
  }
  return { limits: limits as LimitOverrides, loweredFrom: loweredFrom as TenantRecord["loweredFrom"] };
}

/** An object without the fields that are there and undefined. */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>;
}

type Defined<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };
