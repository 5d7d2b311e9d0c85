import type { HttpRequest, HttpResponse } from "../ports/socket-server.ts";
import { establishedTenant } from "../tenants/scope.ts";
import { authorize, type Caller, createIdentify } from "./caller.ts";
import { openApiDocument } from "./openapi.ts";
import type { AdminServices, Operation, Outcome, TenantCall } from "./operation.ts";
import { API_KEY_OPERATIONS } from "./operations/api-keys.ts";
import { AUDIT_OPERATIONS } from "./operations/audit.ts";
import { CONVERSATION_OPERATIONS } from "./operations/conversations.ts";
import { SIGNING_KEY_OPERATIONS } from "./operations/signing-keys.ts";
import { SITE_KEY_OPERATIONS } from "./operations/site-keys.ts";
import { TENANT_OPERATIONS } from "./operations/tenants.ts";
import { USAGE_OPERATIONS } from "./operations/usage.ts";
import { USER_OPERATIONS } from "./operations/users.ts";
import { checked, json, Refused, readBody, refusal } from "./responses.ts";
import { readIfMatch } from "./tags.ts";

/** Where the admin API is. */
export const ADMIN_API = "/admin/api";

/** A route of the admin API, as the router takes it. */
export interface AdminRoute {
  readonly method: Operation["method"];
  readonly path: string;
  handle(request: HttpRequest, parameters: Readonly<Record<string, string>>): Promise<HttpResponse>;
}

/** Everything that the API can do. */
export const ADMIN_OPERATIONS: readonly Operation[] = [
  ...TENANT_OPERATIONS,
  ...SITE_KEY_OPERATIONS,
  ...SIGNING_KEY_OPERATIONS,
  ...API_KEY_OPERATIONS,
  ...USAGE_OPERATIONS,
  ...CONVERSATION_OPERATIONS,
  ...USER_OPERATIONS,
  ...AUDIT_OPERATIONS,
];

/** The routes of the admin API, and of the document that describes them. */
export function adminRoutes(services: AdminServices): AdminRoute[] {
  const identify = createIdentify(services);
  const document = JSON.stringify(openApiDocument(ADMIN_OPERATIONS));
  return [
    {
      method: "GET",
      path: `${ADMIN_API}/openapi.json`,
      handle: async () => ({
        status: 200,
        headers: {
          "content-type": "application/json; charset=utf-8",
          "cache-control": "public, max-age=300",
        },
        body: document,
      }),
    },
    ...ADMIN_OPERATIONS.map(
      (operation): AdminRoute => ({
        method: operation.method,
        path: ADMIN_API + operation.path,
        async handle(request, parameters) {
          try {
            const caller = await identify(request);
            return await perform(operation, { request, parameters, caller, services });
          } catch (error) {
            if (error instanceof Refused) return refusal(error);
            throw error;
          }
        },
      }),
    ),
  ];
}

interface Performance {
  readonly request: HttpRequest;
  readonly parameters: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly services: AdminServices;
}

/** Who may is asked before what is said is looked at: a refused caller learns nothing of a thing or a schema. */
async function perform(operation: Operation, performance: Performance): Promise<HttpResponse> {
  const { request, parameters, caller, services } = performance;
  const reached = parameters.tenant ?? null;
  authorize(caller, operation.access, reached);
  const tenant = reached === null ? null : await services.registry.tenant(reached);
  if (reached !== null && tenant === null && !(operation.outlivesTenant && caller.kind === "operator")) {
    throw new Refused("NOT_FOUND", "there is no such tenant");
  }
  const body =
    operation.body === undefined ? undefined : checked(operation.body, await readBody(request), "body");
  const query =
    operation.query === undefined
      ? undefined
      : checked(operation.query, Object.fromEntries(new URLSearchParams(request.query)), "query");
  const call = {
    services,
    caller,
    parameters,
    body,
    query,
    ifMatch: readIfMatch(request.headers["if-match"]),
    tenantId: establishedTenant(reached ?? ""),
    tenant,
  };
  // Handlers of a tenant's things are the only ones that look at `tenant`, and it was found for them above.
  const outcome = await operation.handle(call as TenantCall<unknown, unknown>);
  if (outcome.changed) services.directory.refresh();
  await writeDown(outcome, caller, services);
  const headers: Record<string, string> = outcome.etag === undefined ? {} : { etag: outcome.etag };
  if (outcome.value !== undefined) return json(operation.status, outcome.value, headers);
  return { status: operation.status, headers: { "cache-control": "no-store", ...headers } };
}

async function writeDown({ audit }: Outcome, caller: Caller, services: AdminServices): Promise<void> {
  if (audit === undefined) return;
  const { tenant, ...what } = audit;
  await services.audit.forTenant(tenant).append({
    id: services.ids.next(),
    at: services.clock.now(),
    actor: caller.actor,
    ...what,
  });
}
