import type { RegistryStore } from "../ports/registry-store.ts";

/** Tenants that are read at once. */
const PAGE = 100;

/**
 * Seals every secret of the registry under the platform's current secret, so that the former one may go. What was
 * revoked meanwhile stays revoked, and a tenant that was changed meanwhile was sealed anew by that.
 *
 * @param registry opens with any accepted secret, and seals with the current one: `tenants/registry.ts`
 * @returns how many secrets were sealed
 */
export async function resealSecrets(registry: RegistryStore): Promise<number> {
  let sealed = 0;
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<RegistryStore["tenants"]>> = await registry.tenants({
      limit: PAGE,
      ...(after === null ? {} : { after }),
    });
    for (const tenant of page.tenants) {
      if (tenant.challenge.kind === "turnstile") {
        const anew = { ...tenant, revision: tenant.revision + 1 };
        if (await registry.putTenant(anew, tenant.revision)) sealed++;
      }
      for (const key of await registry.signingKeys(tenant.id)) {
        if (key.algorithm === "HS256" && (await registry.replaceSigningKey(key))) sealed++;
      }
    }
    after = page.next;
  } while (after !== null);
  return sealed;
}
