import type { z } from "zod";
import type { AuditEntry, AuditLog } from "../ports/audit-log.ts";
import type { RegistryStore, TenantRecord } from "../ports/registry-store.ts";
import type { Scope, TenantId } from "../ports/scope.ts";
import type { HttpRequest } from "../ports/socket-server.ts";
import type { Clock, Ids, Randomness } from "../ports/system.ts";
import type { TenantConversations } from "../ports/tenant-conversations.ts";
import type { UsageStore } from "../ports/usage-store.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import type { KeyUses } from "../tenants/key-uses.ts";
import type { Access, Caller } from "./caller.ts";

/** What the operations work with; `compose.ts` fills it. */
export interface AdminServices {
  /** The platform operator's key. */
  readonly adminKey: string;
  readonly registry: RegistryStore;
  readonly directory: TenantDirectory;
  readonly keyUses: KeyUses;
  /** Bounds those who try keys. */
  readonly gates: StrangerGates;
  /** The address that asks, as far as proxies are trusted. */
  clientAddress(request: HttpRequest): string;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  readonly conversations: TenantConversations;
  readonly userRights: UserRights;
  /** A model of that name is in the gateway's table. */
  knownModel(name: string): boolean;
  /** The model of tenants that name none. */
  readonly defaultModel: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly randomness: Randomness;
}

/** Gates before whoever has not shown a key yet: each answers null, or the whole seconds to wait. */
export interface StrangerGates {
  mayAuthenticate(address: string): Promise<number | null>;
  failedToAuthenticate(address: string): Promise<void>;
}

/** A user's rights over what is held on them. */
export interface UserRights {
  /** Everything, as JSON. */
  exportUser(scope: Scope): Promise<unknown>;
  /** Erases it from every layer. @returns a receipt, as JSON */
  eraseUser(scope: Scope, by: string): Promise<unknown>;
  /** Begins to delete what is kept of the users of deleted tenants. */
  purgeDeletedTenants(): void;
}

/** A call of an operation, checked. */
export interface Call<Body, Query> {
  readonly services: AdminServices;
  readonly caller: Caller;
  /** Of the path, by name, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** The tags of `If-Match`; null where there is none, or `*`. */
  readonly ifMatch: readonly string[] | null;
}

/** A call under `/tenants/:tenant`. */
export interface TenantCall<Body, Query> extends Call<Body, Query> {
  readonly tenantId: TenantId;
  readonly tenant: TenantRecord;
}

/** What an operation comes to. */
export interface Outcome {
  /** Absent is no body. */
  readonly value?: unknown;
  readonly etag?: string;
  /** What to write down: in the log of which tenant, and what. */
  readonly audit?: { readonly tenant: TenantId } & Pick<AuditEntry, "action" | "target" | "details">;
  /** Whether it changed the registry, so that this gateway reads it anew. */
  readonly changed?: boolean;
}

/** One thing that the API can do. */
export interface Operation {
  /** In the document, and for clients made of it. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Under `/admin/api`. `:tenant` is the tenant that is reached for. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Whether `If-Match` is looked at. */
  readonly conditional?: boolean;
  readonly status: 200 | 201 | 204;
  /** Absent where there is no body. */
  readonly response?: z.ZodType;
  /** Whether the operator may still call it once the tenant is deleted; `tenant` is of no use then. */
  readonly outlivesTenant?: boolean;
  handle(call: TenantCall<unknown, unknown>): Promise<Outcome>;
}

interface Definition<Body extends z.ZodType, Query extends z.ZodType>
  extends Omit<Operation, "body" | "query" | "handle"> {
  readonly body?: Body;
  readonly query?: Query;
}

/** An operation on no tenant in particular, whose handler gets what its schemas let through. */
export function operation<Body extends z.ZodType = z.ZodNever, Query extends z.ZodType = z.ZodNever>(
  definition: Definition<Body, Query> & {
    handle(call: Call<z.output<Body>, z.output<Query>>): Promise<Outcome>;
  },
): Operation {
  // What the schemas let through is what the handler takes: `routes.ts` checks with these very schemas.
  return definition as unknown as Operation;
}

/** An operation on the tenant of its path, whose handler gets what its schemas let through. */
export function tenantOperation<Body extends z.ZodType = z.ZodNever, Query extends z.ZodType = z.ZodNever>(
  definition: Definition<Body, Query> & {
    handle(call: TenantCall<z.output<Body>, z.output<Query>>): Promise<Outcome>;
  },
): Operation {
  return definition as unknown as Operation;
}
