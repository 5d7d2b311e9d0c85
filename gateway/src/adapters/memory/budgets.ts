import type { BudgetAccount, Budgets, BudgetVerdict, TenantBudgets } from "../../ports/budgets.ts";
import type { Clock } from "../../ports/system.ts";

/** Milliseconds for which a reservation is held. */
const HELD = 900_000;

interface Account {
  used: number;
  held: number;
  readonly endsAt: number;
}

interface Reservation {
  readonly tokens: number;
  readonly accounts: readonly string[];
  readonly until: number;
}

interface TenantState {
  readonly accounts: Map<string, Account>;
  /** Oldest first. */
  readonly reservations: Map<string, Reservation>;
}

/** Budgets counted in this process: each call does its work before it returns. */
export function createMemoryBudgets({ clock }: { clock: Clock }): Budgets {
  const tenants = new Map<string, TenantState>();

  const stateOf = (tenant: string): TenantState => {
    const known = tenants.get(tenant) ?? { accounts: new Map(), reservations: new Map() };
    tenants.set(tenant, known);
    const now = clock.now();
    for (const [name, reservation] of known.reservations) {
      if (reservation.until > now) break;
      letGo(known, name);
    }
    for (const [name, { endsAt }] of known.accounts) {
      if (endsAt + HELD <= now) known.accounts.delete(name);
    }
    return known;
  };

  const tenantBudgets = (tenant: string): TenantBudgets => ({
    async reserve({ reservation, tokens, accounts }): Promise<BudgetVerdict> {
      const state = stateOf(tenant);
      if (state.reservations.has(reservation)) return { outcome: "reserved" };
      const unknown = accounts.filter(({ name }) => !state.accounts.has(name)).map(({ name }) => name);
      if (unknown.length > 0) return { outcome: "unknown", accounts: unknown };
      const exhausted = accounts.find(({ name, limit }) => spent(state.accounts.get(name)) >= limit);
      if (exhausted !== undefined) return { outcome: "exhausted", account: exhausted.name };
      for (const { name } of accounts) hold(state.accounts.get(name), tokens);
      const names = accounts.map(({ name }) => name);
      state.reservations.set(reservation, { tokens, accounts: names, until: clock.now() + HELD });
      return { outcome: "reserved" };
    },
    /** What is reserved here is held for as long as it may be: this process lives as long as it does. */
    async hold() {},
    async open({ name, endsAt }: BudgetAccount, used) {
      const { accounts } = stateOf(tenant);
      if (!accounts.has(name)) accounts.set(name, { used, held: 0, endsAt });
    },
    async settle(reservation, tokens) {
      const state = stateOf(tenant);
      const names = letGo(state, reservation);
      for (const name of names) {
        const account = state.accounts.get(name);
        if (account !== undefined) account.used += tokens;
      }
      return names;
    },
  });
  return { forTenant: (tenant) => tenantBudgets(tenant) };
}

function spent(account: Account | undefined): number {
  return account === undefined ? 0 : account.used + account.held;
}

function hold(account: Account | undefined, tokens: number): void {
  if (account !== undefined) account.held += tokens;
}

/** @returns the accounts that it was held of; none where it is not held */
function letGo(state: TenantState, reservation: string): readonly string[] {
  const held = state.reservations.get(reservation);
  if (held === undefined) return [];
  state.reservations.delete(reservation);
  for (const name of held.accounts) hold(state.accounts.get(name), -held.tokens);
  return held.accounts;
}
