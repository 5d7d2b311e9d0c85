import type { AnswerCache } from "../../src/ports/answer-cache.ts";
import type { Archive } from "../../src/ports/archive.ts";
import type { AuditLog } from "../../src/ports/audit-log.ts";
import type { MessageLayer } from "../../src/ports/message-layer.ts";
import type { Records } from "../../src/ports/records.ts";
import type { ReplyJournal } from "../../src/ports/reply-journal.ts";
import type { Scope, TenantId, UserId } from "../../src/ports/scope.ts";
import type { TenantConversations } from "../../src/ports/tenant-conversations.ts";
import type { UsageStore } from "../../src/ports/usage-store.ts";
import type { VisitorFamilies } from "../../src/ports/visitor-families.ts";

/** Every store that holds what people said or did. */
interface Stores {
  readonly archive: Archive;
  readonly records: Records;
  readonly recent: MessageLayer;
  readonly journal: ReplyJournal;
  readonly answers: AnswerCache;
  readonly conversations: TenantConversations;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  readonly families: VisitorFamilies;
}

/** What a caller sent is text, whatever it says. */
export function readsByText(stores: Stores, tenant: string, user: string): void {
  const sent = { tenant, user };
  stores.archive.forUser(sent); // refused: TS2345
  stores.records.forUser(sent); // refused: TS2345
  void stores.recent.read(sent, "conversation"); // refused: TS2345
  void stores.journal.read(sent, "reply"); // refused: TS2345
  stores.answers.forTenant(tenant); // refused: TS2345
  stores.conversations.forTenant(tenant); // refused: TS2345
  stores.audit.forTenant(tenant); // refused: TS2345
  stores.usage.forTenant(tenant); // refused: TS2345
  stores.families.forTenant(tenant); // refused: TS2345
}

/** There is no way past the scope: nothing reads a conversation by its id alone, or of all tenants. */
export function readsUnscoped(stores: Stores): void {
  void stores.archive.messages("conversation", { limit: 1 }); // refused: TS2339
  void stores.archive.conversations({ limit: 1 }); // refused: TS2339
  void stores.records.conversations({ limit: 1 }); // refused: TS2339
  void stores.recent.read("conversation"); // refused: TS2554
  void stores.journal.read("reply"); // refused: TS2554
  void stores.answers.get("digest"); // refused: TS2339
  void stores.conversations.list({ limit: 1 }); // refused: TS2339
  void stores.usage.read({ from: "2026-11-01", to: "2026-11-02" }); // refused: TS2339
}

/** One is not the other: a user's id is no tenant's, and half a scope is none. */
export function mixesScopes(stores: Stores, scope: Scope): void {
  stores.archive.forUser({ tenant: scope.tenant }); // refused: TS2741
  stores.answers.forTenant(scope.user); // refused: TS2345
  const swapped: Scope = {
    tenant: scope.user, // refused: TS2322
    user: scope.tenant, // refused: TS2322
  };
  stores.archive.forUser(swapped);
}

/** No text becomes an id by being written down as one. */
export function makesIds(text: string): void {
  const tenant: TenantId = text; // refused: TS2322
  const user: UserId = "mary"; // refused: TS2322
  void [tenant, user];
}

/** This is how it is done. */
export function readsScoped(stores: Stores, scope: Scope): void {
  stores.archive.forUser(scope);
  stores.records.forUser(scope);
  void stores.recent.read(scope, "conversation");
  void stores.journal.read(scope, "reply");
  stores.answers.forTenant(scope.tenant);
  stores.conversations.forTenant(scope.tenant);
  stores.audit.forTenant(scope.tenant);
  stores.usage.forTenant(scope.tenant);
  stores.families.forTenant(scope.tenant);
}
