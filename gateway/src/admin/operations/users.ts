import { z } from "zod";
import type { Scope, TenantId } from "../../ports/scope.ts";
import { establishedUser } from "../../tenants/scope.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { Refused } from "../responses.ts";

const Anything = z.record(z.string(), z.unknown());

/** What a user may ask for: everything that is held on them, and that it goes. */
export const USER_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "exportUser",
    method: "GET",
    path: "/tenants/:tenant/users/:user/export",
    summary: "Everything held on a user",
    description: "Audited.",
    access: "owner",
    status: 200,
    response: Anything,
    async handle({ tenantId, parameters, services }) {
      const value = await services.userRights.exportUser(scopeOf(tenantId, parameters.user));
      return { value, audit: { tenant: tenantId, action: "user.export" } };
    },
  }),

  tenantOperation({
    id: "eraseUser",
    method: "DELETE",
    path: "/tenants/:tenant/users/:user",
    summary: "Erase a user from every layer",
    description: "Answers with a receipt. Usage keeps numbers only. Audited, without the user's id.",
    access: "owner",
    status: 200,
    response: Anything,
    async handle({ tenantId, parameters, caller, services }) {
      const by = caller.actor.id ?? caller.actor.kind;
      const value = await services.userRights.eraseUser(scopeOf(tenantId, parameters.user), by);
      return { value, audit: { tenant: tenantId, action: "user.erase" } };
    },
  }),
];

function scopeOf(tenant: TenantId, user: string | undefined): Scope {
  const established = establishedUser(user);
  if (established === null) throw new Refused("NOT_FOUND", "there can be no such user");
  return { tenant, user: established };
}
