import type { ConversationSummary, MessagePage } from "./archive.ts";
import type { Scope, TenantId, UserId } from "./scope.ts";

/** A conversation in a tenant's list. */
export interface TenantConversation extends ConversationSummary {
  readonly user: UserId;
  /** Present where the user cleared it, milliseconds since 1970. */
  readonly clearedAt?: number;
}

/** Some conversations of a tenant, latest first. */
export interface TenantConversationPage {
  readonly conversations: readonly TenantConversation[];
  /** `before` of the next page, or null at the end. */
  readonly next: string | null;
}

/** Some messages of a conversation. */
export interface TenantMessagePage extends MessagePage {
  /** Present where the user cleared it, milliseconds since 1970. */
  readonly clearedAt?: number;
}

/** What all users of a tenant said, for support and compliance: what they cleared too, marked. */
export interface TenantConversationList {
  /**
   * Conversations with messages, latest change first. `before` is a former page's `next`; anything else is an
   * empty page. What changes meanwhile moves to the front. May lag behind writes by a moment.
   */
  list(page: { before?: string; limit: number }): Promise<TenantConversationPage>;
  /** Whose conversation that is: of all users who have one of that id. May lag behind writes by a moment. */
  usersOf(conversation: string): Promise<readonly Scope[]>;
  /** A page as `UserArchive.messages` gives it, of a conversation that was cleared too; null where there is none, or the user is being erased. */
  messages(
    user: UserId,
    conversation: string,
    page: { before?: string; limit: number },
  ): Promise<TenantMessagePage | null>;
}

/** Conversations, a tenant each. */
export interface TenantConversations {
  forTenant(tenant: TenantId): TenantConversationList;
}
