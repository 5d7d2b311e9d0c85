import type { ConversationSummary } from "./archive.ts";
import type { Scope, TenantId, UserId } from "./scope.ts";

/** A conversation in a tenant's list. */
export interface TenantConversation extends ConversationSummary {
  readonly user: UserId;
}

/** Some conversations of a tenant, latest first. */
export interface TenantConversationPage {
  readonly conversations: readonly TenantConversation[];
  /** `before` of the next page, or null at the end. */
  readonly next: string | null;
}

/** What all users of a tenant said, as a list: for support and compliance. What is cleared is not in it. */
export interface TenantConversationList {
  /**
   * Conversations with messages, latest change first. `before` is a former page's `next`; anything else is an
   * empty page. What changes meanwhile moves to the front. May lag behind writes by a moment.
   */
  list(page: { before?: string; limit: number }): Promise<TenantConversationPage>;
  /** Whose conversation that is: of all users who have one of that id. May lag behind writes by a moment. */
  usersOf(conversation: string): Promise<readonly Scope[]>;
}

/** Conversations, a tenant each. */
export interface TenantConversations {
  forTenant(tenant: TenantId): TenantConversationList;
}
