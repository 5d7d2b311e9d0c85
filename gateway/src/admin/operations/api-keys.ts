import { z } from "zod";
import type { ApiKeyRecord } from "../../ports/registry-store.ts";
import { apiKeyHash, newApiKey } from "../../tenants/api-keys.ts";
import { ApiKeySettings } from "../../tenants/key-settings.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { PageQuery, pageOf } from "../paging.ts";
import { ApiKeyView, apiKeyView, listView } from "../representations.ts";
import { Refused } from "../responses.ts";

/** API keys of one tenant. */
const MOST_KEYS = 100;

/** Keys of a tenant's back end and admins: made, listed and revoked. */
export const API_KEY_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "createApiKey",
    method: "POST",
    path: "/tenants/:tenant/api-keys",
    summary: "Make an API key",
    description:
      "An `sk` is for the tenant's back end, an `ak` for this API with the role `viewer`, `editor` or `owner` (where absent). The key is shown this once, and kept as a hash.",
    access: "owner",
    body: ApiKeySettings,
    status: 201,
    response: z.object({ ...ApiKeyView.shape, key: z.string().describe("shown this once") }),
    async handle({ tenantId, body: { name, kind, role }, services: { registry, clock, ids, randomness } }) {
      if ((await registry.apiKeys(tenantId)).length >= MOST_KEYS) {
        throw new Refused("CONFLICT", `a tenant has at most ${MOST_KEYS} API keys`);
      }
      const key = newApiKey(kind, randomness);
      const record: ApiKeyRecord = {
        id: ids.next(),
        tenant: tenantId,
        name,
        kind,
        hash: apiKeyHash(key),
        createdAt: clock.now(),
        lastUsedAt: null,
        ...(kind === "ak" ? { role: role ?? "owner" } : {}),
      };
      await registry.putApiKey(record);
      return {
        value: { ...apiKeyView(record), key },
        changed: true,
        audit: {
          tenant: tenantId,
          action: "api-key.create",
          target: record.id,
          details: { name, kind, ...(record.role === undefined ? {} : { role: record.role }) },
        },
      };
    },
  }),

  tenantOperation({
    id: "listApiKeys",
    method: "GET",
    path: "/tenants/:tenant/api-keys",
    summary: "List API keys, without the keys",
    access: "viewer",
    query: PageQuery,
    status: 200,
    response: listView("apiKeys", ApiKeyView),
    async handle({ tenantId, query, services: { registry } }) {
      const { page, next } = pageOf(await registry.apiKeys(tenantId), ({ id }) => id, query);
      return { value: { apiKeys: page.map(apiKeyView), next } };
    },
  }),

  tenantOperation({
    id: "revokeApiKey",
    method: "DELETE",
    path: "/tenants/:tenant/api-keys/:apiKey",
    summary: "Revoke an API key",
    access: "owner",
    status: 204,
    async handle({ tenantId, parameters: { apiKey = "" }, services: { registry } }) {
      if (!(await registry.deleteApiKey(tenantId, apiKey))) {
        throw new Refused("NOT_FOUND", "there is no such API key");
      }
      return { changed: true, audit: { tenant: tenantId, action: "api-key.revoke", target: apiKey } };
    },
  }),
];
