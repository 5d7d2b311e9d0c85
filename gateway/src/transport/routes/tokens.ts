import { z } from "zod";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import { ANONYMOUS_PREFIX, establishedUser } from "../../tenants/scope.ts";
import { LONGEST_LIFE_SECONDS, SESSION_LIFE_SECONDS, type Tokens } from "../../tenants/tokens.ts";
import { type BackEndKeyServices, backEndKey } from "../back-end-key.ts";
import { json, readJson } from "../responses.ts";
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
export interface TokenServices extends BackEndKeyServices {
  readonly tokens: Tokens;
}

/** `POST /v1/tokens`: a customer's back end asks for a user's token with its `sk_` key. */
export function tokenRoutes(services: TokenServices): Route[] {
  return [{ method: "POST", path: "/v1/tokens", handle: (request) => createToken(request, services) }];
}

async function createToken(request: HttpRequest, services: TokenServices): Promise<HttpResponse> {
  const shown = await backEndKey(request, services);
  if (!shown.ok) return shown.response;
  const read = await readJson(request, Body);
  if (!read.ok) return read.response;
  const { sub, name, ttl } = read.value;
  const minted = services.tokens.mint({
    tenant: shown.key.tenant,
    user: sub,
    ...(name === undefined ? {} : { name }),
    lifeSeconds: ttl,
  });
  return json(201, { token: minted.token, expiresAt: new Date(minted.expiresAt).toISOString() });
}
