import { z } from "zod";
import type { Gates } from "../../limits/gates.ts";
import type { ApiKeyRecord } from "../../ports/registry-store.ts";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import { apiKeyHash } from "../../tenants/api-keys.ts";
import type { TenantDirectory } from "../../tenants/directory.ts";
import { ANONYMOUS_PREFIX, establishedUser } from "../../tenants/scope.ts";
import { LONGEST_LIFE_SECONDS, SESSION_LIFE_SECONDS, type Tokens } from "../../tenants/tokens.ts";
import type { ClientAddress } from "../client-address.ts";
import { bearerToken, json, problem, readJson, tooMany } from "../responses.ts";
import type { Route } from "./route.ts";

const Body = z.object({
  sub: z
    .string()
    .refine((sub) => establishedUser(sub) !== null, "must be 1 to 255 bytes without control characters")
    .refine((sub) => !sub.startsWith(ANONYMOUS_PREFIX), `may not begin with ${ANONYMOUS_PREFIX}`),
  name: z.string().min(1).max(255).optional(),
  ttl: z.int().min(1).max(LONGEST_LIFE_SECONDS).default(SESSION_LIFE_SECONDS).describe("seconds"),
});

/** What the token route works with. */
export interface TokenServices {
  readonly directory: TenantDirectory;
  readonly tokens: Tokens;
  readonly gates: Gates;
  readonly clientAddress: ClientAddress;
  /** Told of a key that a token was made with. */
  used(key: ApiKeyRecord): void;
}

/** `POST /v1/tokens`: a customer's back end asks for a user's token with its `sk_` key. */
export function tokenRoutes(services: TokenServices): Route[] {
  return [{ method: "POST", path: "/v1/tokens", handle: (request) => createToken(request, services) }];
}

async function createToken(request: HttpRequest, services: TokenServices): Promise<HttpResponse> {
  const { gates, clientAddress } = services;
  const address = clientAddress(request);
  const wait = await gates.mayAuthenticate(address);
  if (wait !== null) return tooMany(wait, "too many keys from this address that do not hold");
  const key = bearerToken(request);
  const record = key === null ? null : await services.directory.apiKey(apiKeyHash(key));
  if (record === null) {
    await gates.failedToAuthenticate(address);
    const message = "send Authorization: Bearer with an sk_ key of the tenant";
    return problem(401, "UNAUTHORIZED", message, { headers: { "www-authenticate": "Bearer" } });
  }
  if (record.kind !== "sk") return problem(403, "FORBIDDEN", "an sk_ key is wanted here");
  const read = await readJson(request, Body);
  if (!read.ok) return read.response;
  const { sub, name, ttl } = read.value;
  const minted = services.tokens.mint({
    tenant: record.tenant,
    user: sub,
    ...(name === undefined ? {} : { name }),
    lifeSeconds: ttl,
  });
  services.used(record);
  return json(201, { token: minted.token, expiresAt: new Date(minted.expiresAt).toISOString() });
}
