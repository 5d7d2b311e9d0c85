import type { Gates } from "../limits/gates.ts";
import type { ApiKeyRecord } from "../ports/registry-store.ts";
import type { HttpRequest, HttpResponse } from "../ports/socket-server.ts";
import { apiKeyHash } from "../tenants/api-keys.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import type { ClientAddress } from "./client-address.ts";
import { bearerToken, problem, tooMany } from "./responses.ts";

/** What tells a customer's back end by its key. */
export interface BackEndKeyServices {
  readonly directory: TenantDirectory;
  readonly gates: Gates;
  readonly clientAddress: ClientAddress;
  /** Told of a key that was shown and holds. */
  used(key: ApiKeyRecord): void;
}

/** The `sk_` key that a request shows, or the refusal it gets. Keys that do not hold are counted by address. */
export async function backEndKey(
  request: HttpRequest,
  { directory, gates, clientAddress, used }: BackEndKeyServices,
): Promise<{ ok: true; key: ApiKeyRecord } | { ok: false; response: HttpResponse }> {
  const refused = (response: HttpResponse) => ({ ok: false as const, response });
  const address = clientAddress(request);
  const wait = await gates.mayAuthenticate(address);
  if (wait !== null) return refused(tooMany(wait, "too many keys from this address that do not hold"));
  const shown = bearerToken(request);
  const key = shown === null ? null : await directory.apiKey(apiKeyHash(shown));
  if (key === null) {
    await gates.failedToAuthenticate(address);
    const message = "send Authorization: Bearer with an sk_ key of the tenant";
    return refused(problem(401, "UNAUTHORIZED", message, { headers: { "www-authenticate": "Bearer" } }));
  }
  if (key.kind !== "sk") return refused(problem(403, "FORBIDDEN", "an sk_ key is wanted here"));
  used(key);
  return { ok: true, key };
}
