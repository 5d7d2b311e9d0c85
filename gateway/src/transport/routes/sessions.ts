import { z } from "zod";
import type { SiteKeyRecord, TenantRecord } from "../../ports/registry-store.ts";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import type { TenantDirectory } from "../../tenants/directory.ts";
import { originAllowed } from "../../tenants/origins.ts";
import { TokenRefused } from "../../tenants/principal.ts";
import { SESSION_LIFE_SECONDS, type Tokens } from "../../tenants/tokens.ts";
import type { VisitorTokens } from "../../tenants/visitor-tokens.ts";
import { json, pageOrigin, problem, readJson } from "../responses.ts";
import type { Route } from "./route.ts";

const Body = z.object({
  siteKey: z.string().min(1).max(128),
  visitorToken: z.string().max(8_192).nullish(),
  userToken: z.string().max(16_384).nullish(),
});

/** What the session routes work with. */
export interface SessionServices {
  readonly directory: TenantDirectory;
  readonly tokens: Tokens;
  readonly visitorTokens: VisitorTokens;
  readonly publicUrl: string | null;
}

/** `POST /v1/sessions` and `GET /v1/sites/:siteKey`: what a widget asks before it connects. */
export function sessionRoutes(services: SessionServices): Route[] {
  return [
    { method: "POST", path: "/v1/sessions", handle: (request) => createSession(request, services) },
    { method: "GET", path: "/v1/sites/:siteKey", handle: (_, { siteKey }) => site(siteKey ?? "", services) },
  ];
}

async function createSession(request: HttpRequest, services: SessionServices): Promise<HttpResponse> {
  const read = await readJson(request, Body);
  if (!read.ok) return read.response;
  const { siteKey, visitorToken, userToken } = read.value;
  const key = await services.directory.siteKey(siteKey);
  const tenant = key === null ? null : await services.directory.tenant(key.tenant);
  if (key === null || tenant === null) return problem(401, "UNAUTHORIZED", "`siteKey`: unknown or revoked");
  const origin = pageOrigin(request, services.publicUrl);
  if (origin === null)
    return problem(403, "FORBIDDEN", "the request names no Origin: sessions are for web pages");
  if (!originAllowed(origin, key.allowedOrigins)) {
    return problem(403, "FORBIDDEN", "this origin is not among the site key's allowed origins");
  }
  const binding = { siteKey: key.key, origin, generation: key.generation };
  if (typeof userToken === "string") return identifiedSession(userToken, tenant, binding, services);
  return visitorSession(visitorToken ?? null, key, tenant, binding, services);
}

async function identifiedSession(
  userToken: string,
  tenant: TenantRecord,
  binding: { siteKey: string; origin: string; generation: number },
  services: SessionServices,
): Promise<HttpResponse> {
  try {
    const user = await services.tokens.verify(userToken);
    if (user.tenant !== tenant.id || user.anonymous || user.site !== undefined) {
      return problem(401, "UNAUTHORIZED", "`userToken`: it is not a token of one of this tenant's users");
    }
    const named = user.name === undefined ? {} : { name: user.name };
    const session = services.tokens.mint({
      tenant: tenant.id,
      user: user.user,
      ...named,
      site: binding,
      lifeSeconds: SESSION_LIFE_SECONDS,
    });
    return json(201, {
      token: session.token,
      expiresAt: new Date(session.expiresAt).toISOString(),
      user: { id: user.user, ...named, anonymous: false },
      settings: settingsOf(tenant),
    });
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return problem(401, error.code, `\`userToken\`: ${error.message}`);
  }
}

function visitorSession(
  visitorToken: string | null,
  key: SiteKeyRecord,
  tenant: TenantRecord,
  binding: { siteKey: string; origin: string; generation: number },
  services: SessionServices,
): HttpResponse {
  const site = { tenant: tenant.id, siteKey: key.key };
  const known = visitorToken === null ? null : services.visitorTokens.read(visitorToken, site);
  const visitor = known ?? services.visitorTokens.newVisitor();
  const session = services.tokens.mint({
    tenant: tenant.id,
    user: visitor,
    site: binding,
    lifeSeconds: SESSION_LIFE_SECONDS,
  });
  return json(201, {
    token: session.token,
    expiresAt: new Date(session.expiresAt).toISOString(),
    visitorToken: services.visitorTokens.mint({ ...site, visitor }),
    user: { id: visitor, anonymous: true },
    settings: settingsOf(tenant),
  });
}

async function site(siteKey: string, services: SessionServices): Promise<HttpResponse> {
  const key = await services.directory.siteKey(siteKey);
  const tenant = key === null ? null : await services.directory.tenant(key.tenant);
  if (key === null || tenant === null) return problem(404, "NOT_FOUND", "no such site key");
  return json(200, { settings: settingsOf(tenant) }, { "cache-control": "public, max-age=300" });
}

function settingsOf(tenant: TenantRecord): Record<string, unknown> {
  return { name: tenant.name, ...tenant.look };
}
