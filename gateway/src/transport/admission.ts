import { CLOSE_CODES, readSubprotocolOffer } from "@parlance/protocol";
import type { Cluster } from "../delivery/cluster/cluster.ts";
import type { Connection, Connections } from "../delivery/connections.ts";
import type { Gates } from "../limits/gates.ts";
import type { Records } from "../ports/records.ts";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { HttpRequest, HttpResponse } from "../ports/socket-server.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import { KeysUnavailable } from "../tenants/jwks.ts";
import { type Principal, TokenRefused } from "../tenants/principal.ts";
import type { Tokens } from "../tenants/tokens.ts";
import type { Visitors } from "../tenants/visitors.ts";
import type { ClientAddress } from "./client-address.ts";
import { bearerToken, pageOrigin, problem, tooMany } from "./responses.ts";
import { ERASED_USER, withdrawalOf } from "./revocation.ts";

/** Sockets that one user may have open at once. */
const SOCKETS_A_USER = 32;

/** What is needed to judge who may open a chat. */
export interface AdmissionServices {
  readonly tokens: Tokens;
  readonly directory: TenantDirectory;
  readonly connections: Connections;
  readonly cluster: Cluster;
  readonly visitors: Visitors;
  readonly records: Records;
  readonly gates: Gates;
  readonly clientAddress: ClientAddress;
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
    return { admitted: false, response: unregistrable() };
  }
  return { admitted: true, principal, protocol: offer.protocol, connection };
}

/** Answers `GET /v1/chat` without `Upgrade` as the upgrade would be, and opens nothing. */
export async function probe(request: HttpRequest, services: AdmissionServices): Promise<HttpResponse> {
  const verdict = await admit(request, null, services);
  if (!verdict.admitted) return verdict.response;
  const { tenant, user } = verdict.principal;
  try {
    await services.cluster.couldArrive({ tenant, user });
  } catch {
    return unregistrable();
  }
  return { status: 204, headers: { "cache-control": "no-store" } };
}

const unregistrable = (): HttpResponse =>
  problem(503, "INTERNAL", "the connection cannot be registered now", { retryAfter: 2 });

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
  const { gates, connections } = services;
  const address = services.clientAddress(request);
  const wait = await gates.mayAuthenticate(address);
  if (wait !== null) return refused(tooMany(wait, "too many tokens from this address that do not hold"));
  const verdict = await authenticate(request, offered, address, services);
  if (!verdict.admitted) return verdict;
  const { principal } = verdict;
  const busy = await upgradeGate(principal, address, services);
  if (busy !== null) return refused(tooMany(busy, "too many connections in a short time"));
  if (connections.countOf(principal) >= SOCKETS_A_USER)
    return refused(tooMany(5, `at most ${SOCKETS_A_USER} sockets a user`));
  return { admitted: true, principal: await withTurnGate(principal, address, services) };
}

async function authenticate(
  request: HttpRequest,
  offered: string | null,
  address: string,
  services: AdmissionServices,
): Promise<AdmissionVerdict> {
  const { tokens, directory, gates } = services;
  const queryToken = new URLSearchParams(request.query).get("token");
  const token = queryToken ?? bearerToken(request) ?? offered;
  if (token === null)
    return unauthorized("offer the subprotocol bearer.<JWT>, or send Authorization: Bearer <JWT>");
  let principal: Principal;
  try {
    principal = await tokens.verify(token);
  } catch (error) {
    if (error instanceof KeysUnavailable)
      return refused(problem(503, "INTERNAL", `${error.message} now`, { retryAfter: 5 }));
    if (!(error instanceof TokenRefused)) throw error;
    if (error.code === "UNAUTHORIZED") await gates.failedToAuthenticate(address);
    return refused(unauthorizedResponse(error.code, error.message));
  }
  if (queryToken !== null && (await directory.tenant(principal.tenant))?.allowQueryToken !== true)
    return unauthorized("a token in the query is not taken: it would be logged on the way");
  return (await siteRefusal(request, principal, services)) ?? { admitted: true, principal };
}

/** Why a session no longer holds, or not for this page, or null where it does. */
async function siteRefusal(
  request: HttpRequest,
  principal: Principal,
  services: AdmissionServices,
): Promise<AdmissionVerdict | null> {
  const { site } = principal;
  if (site !== undefined && pageOrigin(request, services.publicUrl) !== site.origin)
    return refused(problem(403, "FORBIDDEN", "the session belongs to a page of another origin"));
  const { withdrawal } = await withdrawalOf(principal, services.directory);
  if (withdrawal !== null && withdrawal.code === CLOSE_CODES.forbidden)
    return refused(problem(403, "FORBIDDEN", withdrawal.reason));
  if (withdrawal !== null) return refused(unauthorizedResponse("UNAUTHORIZED", withdrawal.reason));
  if (principal.anonymous && !(await services.visitors.alive(principal)))
    return refused(unauthorizedResponse("TOKEN_EXPIRED", "the visitor's sessions were ended"));
  const erasure = await services.records.forUser(principal).erasure();
  if (erasure !== null && (erasure.erasedAt === null || erasure.erasedAt >= principal.issuedAt))
    return refused(problem(403, "FORBIDDEN", ERASED_USER.reason));
  return null;
}

async function upgradeGate(
  principal: Principal,
  address: string,
  { gates, directory }: AdmissionServices,
): Promise<number | null> {
  const key = await visitorsKey(principal, directory);
  return key === null
    ? gates.user("upgrade", { tenant: principal.tenant, user: principal.user }, address)
    : gates.visitor("upgrade", address, key);
}

async function withTurnGate(
  principal: Principal,
  address: string,
  { gates, directory }: AdmissionServices,
): Promise<Principal> {
  const key = await visitorsKey(principal, directory);
  const turns = key === null ? null : gates.turnsOf(address, key);
  return turns === null ? principal : { ...principal, turns };
}

/** The site key of an anonymous visitor: they are counted by address, whatever ids they make up. */
async function visitorsKey(
  { anonymous, site }: Principal,
  directory: TenantDirectory,
): Promise<SiteKeyRecord | null> {
  return anonymous && site !== undefined ? directory.siteKey(site.siteKey) : null;
}

function refused(response: HttpResponse): AdmissionVerdict & { admitted: false } {
  return { admitted: false, response };
}

function unauthorized(message: string): AdmissionVerdict {
  return { admitted: false, response: unauthorizedResponse("UNAUTHORIZED", message) };
}

function unauthorizedResponse(code: "UNAUTHORIZED" | "TOKEN_EXPIRED", message: string): HttpResponse {
  return problem(401, code, message, { headers: { "www-authenticate": "Bearer" } });
}
