import { z } from "zod";
import { ChallengeAnswer, type Challenges } from "../../limits/challenges.ts";
import type { Gates } from "../../limits/gates.ts";
import { OutsideRefused } from "../../ports/outside-fetch.ts";
import type { SiteKeyRecord, TenantRecord } from "../../ports/registry-store.ts";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import type { Log } from "../../telemetry/log.ts";
import type { TenantDirectory } from "../../tenants/directory.ts";
import { KeysUnavailable } from "../../tenants/jwks.ts";
import { originAllowed } from "../../tenants/origins.ts";
import { type SiteBinding, TokenRefused } from "../../tenants/principal.ts";
import { SESSION_LIFE_SECONDS, type Tokens } from "../../tenants/tokens.ts";
import type { KnownVisitor, Visitors } from "../../tenants/visitors.ts";
import { type AdoptionServices, adoptVisitor } from "../adopt-visitor.ts";
import type { ClientAddress } from "../client-address.ts";
import { json, pageOrigin, problem, readJson, tooMany } from "../responses.ts";
import type { Route } from "./route.ts";

const Body = z.object({
  siteKey: z.string().min(1).max(128),
  visitorToken: z.string().max(8_192).nullish(),
  userToken: z.string().max(16_384).nullish(),
  challenge: ChallengeAnswer.nullish(),
});
type Body = z.output<typeof Body>;

/** What the session routes work with. */
export interface SessionServices extends AdoptionServices {
  readonly directory: TenantDirectory;
  readonly tokens: Tokens;
  readonly visitors: Visitors;
  readonly gates: Gates;
  readonly challenges: Challenges;
  readonly clientAddress: ClientAddress;
  readonly publicUrl: string | null;
  readonly log: Log;
  /** Told of a site key that a session was made with. */
  used(key: SiteKeyRecord): void;
}

/** Who asks, once key and origin are known to hold. */
interface Asking {
  readonly address: string;
  readonly key: SiteKeyRecord;
  readonly tenant: TenantRecord;
  readonly binding: SiteBinding;
}

/** `POST /v1/sessions` and `GET /v1/sites/:siteKey`: what a widget asks before it connects. */
export function sessionRoutes(services: SessionServices): Route[] {
  return [
    { method: "POST", path: "/v1/sessions", handle: (request) => createSession(request, services) },
    { method: "GET", path: "/v1/sites/:siteKey", handle: (_, { siteKey }) => site(siteKey ?? "", services) },
  ];
}

async function createSession(request: HttpRequest, services: SessionServices): Promise<HttpResponse> {
  const { directory, gates, clientAddress, publicUrl } = services;
  const address = clientAddress(request);
  const wait = await gates.mayAuthenticate(address);
  if (wait !== null) return tooMany(wait, "too many keys and tokens from this address that do not hold");
  const read = await readJson(request, Body);
  if (!read.ok) return read.response;
  const body = read.value;
  const key = await directory.siteKey(body.siteKey);
  const tenant = key === null ? null : await directory.tenant(key.tenant);
  if (key === null || tenant === null) {
    await gates.failedToAuthenticate(address);
    return problem(401, "UNAUTHORIZED", "`siteKey`: unknown or revoked");
  }
  const origin = pageOrigin(request, publicUrl);
  if (origin === null)
    return problem(403, "FORBIDDEN", "the request names no Origin: sessions are for web pages");
  if (!originAllowed(origin, key.allowedOrigins)) {
    return problem(403, "FORBIDDEN", "this origin is not among the site key's allowed origins");
  }
  const asking = {
    address,
    key,
    tenant,
    binding: { siteKey: key.key, origin, generation: key.generation },
  };
  return typeof body.userToken === "string"
    ? identifiedSession(body.userToken, body, asking, services)
    : visitorSession(body, asking, services);
}

async function identifiedSession(
  userToken: string,
  { visitorToken }: Body,
  asking: Asking,
  services: SessionServices,
): Promise<HttpResponse> {
  const { tokens, gates, log } = services;
  const { tenant, address, key } = asking;
  try {
    const user = await tokens.verify(userToken, tenant.id);
    if (user.anonymous || user.site !== undefined) {
      throw new TokenRefused("UNAUTHORIZED", "it is not a token of one of this tenant's users");
    }
    const scope = { tenant: user.tenant, user: user.user };
    const wait = await gates.user("session", scope, address);
    if (wait !== null) return tooMany(wait, "too many sessions of this user");
    if (typeof visitorToken === "string") await adoptVisitor({ token: visitorToken, key, scope }, services);
    const named = user.name === undefined ? {} : { name: user.name };
    return minted(asking, { id: user.user, ...named, anonymous: false }, {}, services);
  } catch (error) {
    if (error instanceof KeysUnavailable) {
      log.warn({ err: error, tenant: tenant.id }, "an identity provider does not answer");
      return problem(503, "INTERNAL", `\`userToken\`: ${error.message} now`, { retryAfter: 5 });
    }
    if (!(error instanceof TokenRefused)) throw error;
    if (error.code === "UNAUTHORIZED") await gates.failedToAuthenticate(address);
    return problem(401, error.code, `\`userToken\`: ${error.message}`);
  }
}

async function visitorSession(body: Body, asking: Asking, services: SessionServices): Promise<HttpResponse> {
  const { gates, visitors } = services;
  const { tenant, key, address } = asking;
  if (tenant.identifiedOnly) {
    return problem(403, "FORBIDDEN", "this site is for identified users: send a `userToken`");
  }
  const wait = await gates.visitor("session", address, key);
  if (wait !== null) return tooMany(wait, "too many sessions from this address");
  const { visitorToken } = body;
  const known = typeof visitorToken === "string" ? await visitors.recognise(visitorToken, key) : null;
  if (known !== null) return visitorMinted(asking, known, services);
  const refusal = await challengeRefusal(body.challenge ?? null, asking, services);
  return refusal ?? visitorMinted(asking, visitors.welcome(key), services);
}

/** Why a visitor nobody knows is not let in yet, or null. */
async function challengeRefusal(
  answer: ChallengeAnswer | null,
  { tenant, key, address }: Asking,
  { challenges, log }: SessionServices,
): Promise<HttpResponse | null> {
  const challenge = challenges.make(tenant, key);
  if (challenge === null) return null;
  try {
    if (answer !== null && (await challenges.holds(tenant, key, answer, address))) return null;
  } catch (error) {
    if (error instanceof OutsideRefused)
      log.warn({ err: error, tenant: tenant.id }, "a challenge's service fails");
    else log.error({ err: error, tenant: tenant.id }, "a challenge cannot be checked");
    return problem(503, "INTERNAL", "the answer to the challenge cannot be checked now", { retryAfter: 5 });
  }
  const message =
    answer === null ? "answer the challenge first" : "the answer does not hold: answer this one";
  return json(403, { error: { code: "CHALLENGE_REQUIRED", message }, challenge });
}

function visitorMinted(
  asking: Asking,
  { visitor, visitorToken }: KnownVisitor,
  services: SessionServices,
): HttpResponse {
  return minted(asking, { id: visitor, anonymous: true }, { visitorToken }, services);
}

function minted(
  { tenant, key, binding }: Asking,
  user: { id: string; name?: string; anonymous: boolean },
  more: { visitorToken?: string },
  { tokens, used }: SessionServices,
): HttpResponse {
  const session = tokens.mint({
    tenant: tenant.id,
    user: user.id,
    ...(user.name === undefined ? {} : { name: user.name }),
    site: binding,
    lifeSeconds: SESSION_LIFE_SECONDS,
  });
  used(key);
  return json(201, {
    token: session.token,
    expiresAt: new Date(session.expiresAt).toISOString(),
    ...more,
    user,
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
