import { z } from "zod";
import type { RegistryStore, SiteKeyRecord } from "../../ports/registry-store.ts";
import { SiteKeySettings } from "../../tenants/key-settings.ts";
import { Name } from "../../tenants/settings.ts";
import type { Caller } from "../caller.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { PageQuery, pageOf } from "../paging.ts";
import { instant, listView, SiteKeyView, siteKeyView } from "../representations.ts";
import { Refused } from "../responses.ts";
import { matchRevision, tagOf, untilWritten } from "../tags.ts";

/** Random bytes of a site key: it is public, and only has to be its own. */
const KEY_BYTES = 18;
/** Site keys of one tenant. */
const MOST_KEYS = 100;
/** Former texts of one key that count at once. */
const MOST_FORMER = 10;
const MOST_GRACE_SECONDS = 90 * 24 * 60 * 60;

const { limits, dailyTokens, allowedOrigins } = SiteKeySettings.shape;
const SiteKeyChange = z.strictObject({
  name: Name.exactOptional(),
  allowedOrigins: allowedOrigins.exactOptional(),
  limits: limits.unwrap().exactOptional(),
  dailyTokens: dailyTokens.unwrap().exactOptional(),
});
const Rotation = z.strictObject({
  graceSeconds: z
    .int()
    .min(0)
    .max(MOST_GRACE_SECONDS)
    .default(86_400)
    .describe("how long the former texts still count; 0 ends them now"),
});

/** Site keys: made, listed, changed, rotated and revoked. */
export const SITE_KEY_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "createSiteKey",
    method: "POST",
    path: "/tenants/:tenant/site-keys",
    summary: "Make a site key",
    description: "`limits` is the operator's to set.",
    access: "editor",
    body: SiteKeySettings,
    status: 201,
    response: SiteKeyView,
    async handle({ tenantId, body, caller, services: { registry, clock, ids, randomness } }) {
      if (Object.keys(body.limits).length > 0) mayLimit(caller);
      if ((await registry.siteKeys(tenantId)).length >= MOST_KEYS) {
        throw new Refused("CONFLICT", `a tenant has at most ${MOST_KEYS} site keys`);
      }
      const record: SiteKeyRecord = {
        ...body,
        id: ids.next(),
        tenant: tenantId,
        key: `pk_${randomness.token(KEY_BYTES)}`,
        generation: 1,
        former: [],
        revision: 1,
        createdAt: clock.now(),
        lastUsedAt: null,
      };
      await registry.putSiteKey(record);
      return {
        value: siteKeyView(record, clock.now()),
        etag: tagOf(record.revision),
        changed: true,
        audit: {
          tenant: tenantId,
          action: "site-key.create",
          target: record.id,
          details: { name: record.name, allowedOrigins: record.allowedOrigins },
        },
      };
    },
  }),

  tenantOperation({
    id: "listSiteKeys",
    method: "GET",
    path: "/tenants/:tenant/site-keys",
    summary: "List site keys",
    access: "viewer",
    query: PageQuery,
    status: 200,
    response: listView("siteKeys", SiteKeyView),
    async handle({ tenantId, query, services: { registry, clock } }) {
      const { page, next } = pageOf(await registry.siteKeys(tenantId), ({ id }) => id, query);
      return { value: { siteKeys: page.map((key) => siteKeyView(key, clock.now())), next } };
    },
  }),

  tenantOperation({
    id: "readSiteKey",
    method: "GET",
    path: "/tenants/:tenant/site-keys/:siteKey",
    summary: "Read a site key",
    access: "viewer",
    status: 200,
    response: SiteKeyView,
    async handle({ tenantId, parameters: { siteKey = "" }, services: { registry, clock } }) {
      const record = await find(registry, tenantId, siteKey);
      return { value: siteKeyView(record, clock.now()), etag: tagOf(record.revision) };
    },
  }),

  tenantOperation({
    id: "updateSiteKey",
    method: "PATCH",
    path: "/tenants/:tenant/site-keys/:siteKey",
    summary: "Change a site key",
    description:
      "What is absent stays. Sockets of an origin that is withdrawn are closed. `limits` is the operator's to set.",
    access: "editor",
    body: SiteKeyChange,
    conditional: true,
    status: 200,
    response: SiteKeyView,
    async handle({ tenantId, parameters: { siteKey = "" }, body, caller, ifMatch, services }) {
      if (body.limits !== undefined) mayLimit(caller);
      const { registry, clock } = services;
      const record = await change(registry, { tenant: tenantId, id: siteKey }, ifMatch, (before) => ({
        ...before,
        ...body,
      }));
      return {
        value: siteKeyView(record, clock.now()),
        etag: tagOf(record.revision),
        changed: true,
        audit: {
          tenant: tenantId,
          action: "site-key.update",
          target: siteKey,
          details: { fields: Object.keys(body) },
        },
      };
    },
  }),

  tenantOperation({
    id: "rotateSiteKey",
    method: "POST",
    path: "/tenants/:tenant/site-keys/:siteKey/rotate",
    summary: "Give a site key a new text",
    description:
      "The id stays. Sessions and sockets of the former text go on until its grace is over; a later rotation with a shorter grace shortens that of all former texts.",
    access: "editor",
    body: Rotation,
    conditional: true,
    status: 201,
    response: SiteKeyView,
    async handle({ tenantId, parameters: { siteKey = "" }, body, ifMatch, services }) {
      const { registry, clock, randomness } = services;
      const now = clock.now();
      const expiresAt = now + body.graceSeconds * 1000;
      const record = await change(registry, { tenant: tenantId, id: siteKey }, ifMatch, (before) => ({
        ...before,
        key: `pk_${randomness.token(KEY_BYTES)}`,
        generation: before.generation + 1,
        former: [{ key: before.key, generation: before.generation, expiresAt }, ...before.former]
          .map((text) => ({ ...text, expiresAt: Math.min(text.expiresAt, expiresAt) }))
          .filter((text) => text.expiresAt > now)
          .slice(0, MOST_FORMER),
      }));
      return {
        value: siteKeyView(record, now),
        etag: tagOf(record.revision),
        changed: true,
        audit: {
          tenant: tenantId,
          action: "site-key.rotate",
          target: siteKey,
          details: { graceUntil: instant(expiresAt) },
        },
      };
    },
  }),

  tenantOperation({
    id: "revokeSiteKey",
    method: "DELETE",
    path: "/tenants/:tenant/site-keys/:siteKey",
    summary: "Revoke a site key, its former texts too",
    description: "Sockets that it opened are closed with 4403.",
    access: "editor",
    conditional: true,
    status: 204,
    async handle({ tenantId, parameters: { siteKey = "" }, ifMatch, services: { registry } }) {
      matchRevision(ifMatch, (await find(registry, tenantId, siteKey)).revision);
      if (!(await registry.deleteSiteKey(tenantId, siteKey))) throw missing();
      return {
        changed: true,
        audit: { tenant: tenantId, action: "site-key.revoke", target: siteKey },
      };
    },
  }),
];

function mayLimit(caller: Caller): void {
  if (caller.kind !== "operator")
    throw new Refused("FORBIDDEN", "`limits` is the platform operator's to set");
}

async function find(registry: RegistryStore, tenant: string, id: string): Promise<SiteKeyRecord> {
  const record = (await registry.siteKeys(tenant)).find((key) => key.id === id);
  if (record === undefined) throw missing();
  return record;
}

function change(
  registry: RegistryStore,
  { tenant, id }: { tenant: string; id: string },
  ifMatch: readonly string[] | null,
  changed: (before: SiteKeyRecord) => SiteKeyRecord,
): Promise<SiteKeyRecord> {
  return untilWritten(async () => {
    const before = await find(registry, tenant, id);
    matchRevision(ifMatch, before.revision);
    const after = { ...changed(before), revision: before.revision + 1 };
    return (await registry.putSiteKey(after, before.revision)) ? after : null;
  });
}

function missing(): Refused {
  return new Refused("NOT_FOUND", "there is no such site key");
}
