import { createHash, timingSafeEqual } from "node:crypto";
import type { AuditActor } from "../ports/audit-log.ts";
import type { Role } from "../ports/registry-store.ts";
import type { HttpRequest } from "../ports/socket-server.ts";
import { apiKeyHash } from "../tenants/api-keys.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import type { KeyUses } from "../tenants/key-uses.ts";
import type { StrangerGates } from "./operation.ts";
import { Refused } from "./responses.ts";

/** Who calls: the platform's operator, or one who holds a tenant's key. */
export type Caller =
  | { readonly kind: "operator"; readonly actor: AuditActor }
  | { readonly kind: "tenant"; readonly tenant: string; readonly role: Role; readonly actor: AuditActor };

/** Who may call an operation: the operator alone, or also who has this role or a higher one. */
export type Access = "operator" | Role;

const RANK: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, owner: 2 };

/** Tells who calls, by the key of `Authorization: Bearer`. */
export type Identify = (request: HttpRequest) => Promise<Caller>;

/** Makes {@link Identify}, which throws {@link Refused} where nobody who may call does. */
export function createIdentify(options: {
  adminKey: string;
  directory: TenantDirectory;
  keyUses: KeyUses;
  gates: StrangerGates;
  clientAddress(request: HttpRequest): string;
}): Identify {
  const { adminKey, directory, keyUses, gates } = options;
  return async (request) => {
    const address = options.clientAddress(request);
    const wait = await gates.mayAuthenticate(address);
    if (wait !== null) throw new Refused("RATE_LIMITED", "too many keys that do not hold: wait", wait);
    try {
      return await callerOf(request);
    } catch (error) {
      if (error instanceof Refused && error.code === "UNAUTHORIZED")
        await gates.failedToAuthenticate(address);
      throw error;
    }
  };

  async function callerOf(request: HttpRequest): Promise<Caller> {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (key === undefined) {
      throw new Refused("UNAUTHORIZED", "send Authorization: Bearer with the operator's key or an ak_ key");
    }
    if (timingSafeEqual(digest(key), digest(adminKey))) {
      return { kind: "operator", actor: { kind: "operator" } };
    }
    const record = await directory.apiKey(apiKeyHash(key));
    const tenant = record === null ? null : await directory.tenant(record.tenant);
    if (record === null || tenant === null) throw new Refused("UNAUTHORIZED", "the key is not known");
    if (record.kind !== "ak") throw new Refused("FORBIDDEN", "an ak_ key is wanted here");
    keyUses.note("api-key", record, record.id);
    return {
      kind: "tenant",
      tenant: tenant.id,
      role: record.role ?? "owner",
      actor: { kind: "api-key", id: record.id, name: record.name },
    };
  }
}

/**
 * Lets a caller through, or throws {@link Refused}.
 *
 * @param tenant the tenant that is reached for; null where it is none in particular
 */
export function authorize(caller: Caller, access: Access, tenant: string | null): void {
  if (caller.kind === "operator") return;
  // Another tenant's things do not exist for it: this comes before any word on roles.
  if (tenant !== null && tenant !== caller.tenant) throw new Refused("NOT_FOUND", "there is no such tenant");
  if (access === "operator") throw new Refused("FORBIDDEN", "this is the platform operator's to do");
  if (RANK[caller.role] < RANK[access]) {
    throw new Refused(
      "FORBIDDEN",
      `a key with the role ${access} is wanted here, this one is ${caller.role}`,
    );
  }
}

/** Of one length whatever it is made of, as a comparison in constant time needs it. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
