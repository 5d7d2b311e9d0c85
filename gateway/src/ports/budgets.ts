import type { TenantId } from "./scope.ts";

/** Something that tokens are taken from for a time: a tenant's month, a site key's day. */
export interface BudgetAccount {
  /** Unique within the tenant, with the time it is for: `month 2026-11`. Any characters. */
  readonly name: string;
  /** Tokens that may be used. */
  readonly limit: number;
  /** When it is over, milliseconds since 1970; it may be forgotten some time after. */
  readonly endsAt: number;
}

/** A turn that asks for tokens. */
export interface BudgetRequest {
  /** Names what is held. Asking again for one that is held changes nothing. */
  readonly reservation: string;
  /** Tokens that it may take, as far as can be said before. */
  readonly tokens: number;
  readonly accounts: readonly BudgetAccount[];
}

/** The answer. Only `reserved` changed anything. */
export type BudgetVerdict =
  | { readonly outcome: "reserved" }
  /** What was used and what is held leave nothing of that account. */
  | { readonly outcome: "exhausted"; readonly account: string }
  /** What was used of these is not known: `open` them. */
  | { readonly outcome: "unknown"; readonly accounts: readonly string[] };

/**
 * Tokens that one tenant has used and may use. Every call is atomic: of any number of turns at once, none is let in
 * once what was used and what is held reach the limit, so that a budget is overdrawn by what estimates were short of
 * and by one turn. Where instances share them, what is reserved is held for 10 seconds, or for those for which `hold`
 * holds it, since its gateway may be dead.
 */
export interface TenantBudgets {
  reserve(request: BudgetRequest): Promise<BudgetVerdict>;
  /**
   * It is held for so many seconds from now, if not for longer. Where it was held no more, it is held again, whatever
   * the limits, of those of the accounts that are known.
   */
  hold(request: BudgetRequest, seconds: number): Promise<void>;
  /** Says what was used of an account before, where it is not known. */
  open(account: BudgetAccount, used: number): Promise<void>;
  /**
   * The turn took so many tokens in truth; 0 gives all back. What is not held, or was settled, changes nothing.
   *
   * @returns the names of the accounts that it was held of; none where it is not held, or this is done later
   */
  settle(reservation: string, tokens: number): Promise<readonly string[]>;
}

/** Budgets, a tenant each. */
export interface Budgets {
  forTenant(tenant: TenantId): TenantBudgets;
}
