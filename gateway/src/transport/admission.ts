import { readSubprotocolOffer } from "@parlance/protocol";
import type { Cluster } from "../delivery/cluster/cluster.ts";
import type { Connection, Connections } from "../delivery/connections.ts";
import type { HttpRequest, HttpResponse } from "../ports/socket-server.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import { originAllowed } from "../tenants/origins.ts";
import { type Principal, TokenRefused } from "../tenants/principal.ts";
import type { Tokens } from "../tenants/tokens.ts";
import { bearerToken, pageOrigin, problem } from "./responses.ts";

/** Sockets that one user may have open at once. */
const SOCKETS_A_USER = 32;

/** What is needed to judge who may open a chat. */
export interface AdmissionServices {
  readonly tokens: Tokens;
  readonly directory: TenantDirectory;
  readonly connections: Connections;
  readonly cluster: Cluster;
  readonly publicUrl: string | null;
  draining(): boolean;
}

/** A chat may be opened for this principal, or not, and what the answer is. */
export type AdmissionVerdict =
  | { readonly admitted: true; readonly principal: Principal }
  | { readonly admitted: false; readonly response: HttpResponse };

/** An upgrade's verdict: with the connection, registered before the 101. */
export type UpgradeVerdict =
  | {
      readonly admitted: true;
      readonly principal: Principal;
      readonly protocol: string;
      readonly connection: Connection;
    }
  | { readonly admitted: false; readonly response: HttpResponse };

/** Judges an upgrade, and registers its connection where it is admitted. */
export async function admitUpgrade(
  request: HttpRequest,
  services: AdmissionServices,
): Promise<UpgradeVerdict> {
  if (request.method !== "GET" || request.path !== "/v1/chat") {
    return { admitted: false, response: problem(404, "NOT_FOUND", "WebSockets are at /v1/chat") };
  }
  const offer = readSubprotocolOffer(request.headers["sec-websocket-protocol"]);
  if (offer.protocol === null) {
    const message = "no common version: offer the subprotocol parlance.v1";
    return {
      admitted: false,
      response: problem(426, "UNSUPPORTED_TYPE", message, { headers: { upgrade: "websocket" } }),
    };
  }
  const verdict = await admit(request, offer.token, services);
  if (!verdict.admitted) return verdict;
  const { principal } = verdict;
  const scope = { tenant: principal.tenant, user: principal.user };
  const connection = services.connections.register(scope);
  try {
    await services.cluster.arrive(scope);
  } catch {
    services.connections.unregister(connection, null);
    const message = "the connection cannot be registered now";
    return { admitted: false, response: problem(503, "INTERNAL", message, { retryAfter: 2 }) };
  }
  return { admitted: true, principal, protocol: offer.protocol, connection };
}

/** Answers `GET /v1/chat` without `Upgrade` as the upgrade would be, and opens nothing. */
export async function probe(request: HttpRequest, services: AdmissionServices): Promise<HttpResponse> {
  const verdict = await admit(request, null, services);
  return verdict.admitted ? { status: 204, headers: { "cache-control": "no-store" } } : verdict.response;
}

async function admit(
  request: HttpRequest,
  offered: string | null,
  services: AdmissionServices,
): Promise<AdmissionVerdict> {
  if (services.draining()) {
    return {
      admitted: false,
      response: problem(503, "INTERNAL", "this instance is shutting down", { retryAfter: 2 }),
    };
  }
  const queryToken = new URLSearchParams(request.query).get("token");
  const token = queryToken ?? bearerToken(request) ?? offered;
  if (token === null)
    return unauthorized("offer the subprotocol bearer.<JWT>, or send Authorization: Bearer <JWT>");
  let principal: Principal;
  try {
    principal = await services.tokens.verify(token);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return { admitted: false, response: unauthorizedResponse(error.code, error.message) };
  }
  if (queryToken !== null && (await services.directory.tenant(principal.tenant))?.allowQueryToken !== true) {
    return unauthorized("a token in the query is not taken: it would be logged on the way");
  }
  const refusal = await siteRefusal(request, principal, services);
  if (refusal !== null) return { admitted: false, response: problem(403, "FORBIDDEN", refusal) };
  if (services.connections.countOf(principal) >= SOCKETS_A_USER) {
    const message = `at most ${SOCKETS_A_USER} sockets a user`;
    return { admitted: false, response: problem(429, "RATE_LIMITED", message, { retryAfter: 5 }) };
  }
  return { admitted: true, principal };
}

/** Why a visitor's session no longer holds for this page, or null where it does. */
export async function siteRefusal(
  request: HttpRequest,
  principal: Principal,
  services: Pick<AdmissionServices, "directory" | "publicUrl">,
): Promise<string | null> {
  const { site } = principal;
  if (site === undefined) return null;
  const origin = pageOrigin(request, services.publicUrl);
  if (origin !== site.origin) return "the session belongs to a page of another origin";
  const key = await services.directory.siteKey(site.siteKey);
  if (key === null || key.tenant !== principal.tenant || key.generation !== site.generation) {
    return "the site key was revoked";
  }
  return originAllowed(origin, key.allowedOrigins) ? null : "this origin is no longer allowed";
}

function unauthorized(message: string): AdmissionVerdict {
  return { admitted: false, response: unauthorizedResponse("UNAUTHORIZED", message) };
}

function unauthorizedResponse(code: "UNAUTHORIZED" | "TOKEN_EXPIRED", message: string): HttpResponse {
  return problem(401, code, message, { headers: { "www-authenticate": "Bearer" } });
}
