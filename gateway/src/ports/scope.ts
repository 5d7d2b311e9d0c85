declare const tenantBrand: unique symbol;
declare const userBrand: unique symbol;

/** A tenant that authentication has established. Only `tenants/` makes one; no cast elsewhere is correct. */
export type TenantId = string & { readonly [tenantBrand]: true };

/** A user within a tenant (`sub`, or `anon_…`): 1 to 255 bytes, any character but control characters. */
export type UserId = string & { readonly [userBrand]: true };

/** One user of one tenant: what every read and write of a conversation is scoped to. */
export interface Scope {
  readonly tenant: TenantId;
  readonly user: UserId;
}
