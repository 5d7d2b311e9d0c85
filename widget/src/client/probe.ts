import { call } from "./http.ts";
import type { Scope } from "./scope.ts";
import type { ClientEnvironment, ClientError } from "./types.ts";

/** What to do after an upgrade that never opened. `after` in seconds, at least. */
export type Verdict =
  | { readonly next: "retry"; readonly after: number }
  | { readonly next: "renew" }
  | { readonly next: "stop"; readonly error: ClientError };

/**
 * Asks over plain HTTP what the gateway would have answered to an upgrade: a browser cannot read a refusal.
 *
 * @param gateway the gateway's base URL, without a slash at its end
 */
export async function probe(
  surroundings: { environment: ClientEnvironment; scope: Scope },
  gateway: string,
  token: string,
): Promise<Verdict> {
  const { status, error } = await call(surroundings, `${gateway}/v1/chat`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (status === 401 && error.code === "TOKEN_EXPIRED") return { next: "renew" };
  if (status === 401 || status === 403 || status === 426) return { next: "stop", error };
  return { next: "retry", after: error.retryAfter ?? 0 };
}
