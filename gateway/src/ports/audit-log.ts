import type { TenantId } from "./scope.ts";

/** Who did something. */
export interface AuditActor {
  readonly kind: "operator" | "api-key" | "visitor" | "system";
  /** Of an API key or visitor. */
  readonly id?: string;
  readonly name?: string;
}

/** One thing that was done. Holds no secret and nothing that anybody wrote in a chat. */
export interface AuditEntry {
  /** Later ones sort after earlier ones. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: AuditActor;
  /** `thing.verb`: `tenant.update`, `site-key.rotate`, `conversation.read`. */
  readonly action: string;
  /** The id of what it was done to. */
  readonly target?: string;
  /** Names of fields and plain facts. */
  readonly details?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

/** Some entries, latest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** `before` of the next page, or null at the end. */
  readonly next: string | null;
}

/** What was done in one tenant: entries are added and never changed, and outlive the tenant. */
export interface TenantAuditLog {
  /** Durable when it resolves. The same id is the same entry. */
  append(entry: AuditEntry): Promise<void>;
  /** `before` is a former page's `next`. */
  read(page: { before?: string; limit: number }): Promise<AuditPage>;
}

/** Audit logs, a tenant each. */
export interface AuditLog {
  forTenant(tenant: TenantId): TenantAuditLog;
}
