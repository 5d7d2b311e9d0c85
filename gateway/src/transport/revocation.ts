import { CLOSE_CODES } from "@parlance/protocol";
import type { Scope } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import { originAllowed } from "../tenants/origins.ts";
import type { Principal } from "../tenants/principal.ts";
import { scopeKey } from "../tenants/scope.ts";
import type { SocketSession } from "./socket-session.ts";

/** Why a session holds no more: a close code, and words. */
export interface Withdrawal {
  readonly code: typeof CLOSE_CODES.forbidden | typeof CLOSE_CODES.tokenExpired;
  readonly reason: string;
}

/** Of a visitor whose tokens were ended: who comes back with what is left gets a new one. */
export const ENDED_VISITOR: Withdrawal = {
  code: CLOSE_CODES.tokenExpired,
  reason: "the visitor's sessions were ended",
};

/** Of a user who was erased: what was issued before holds no more. */
export const ERASED_USER: Withdrawal = { code: CLOSE_CODES.forbidden, reason: "the user was erased" };

const forbidden = (reason: string): Withdrawal => ({ code: CLOSE_CODES.forbidden, reason });

/**
 * Whether what a session rests on still stands, as the registry has it now: tenant, site key, origin, and the
 * tenant's own key that signed the token.
 *
 * @returns null where it does; `until` is when that must be asked again at the latest, milliseconds since 1970
 */
export async function withdrawalOf(
  principal: Principal,
  directory: TenantDirectory,
): Promise<{ withdrawal: Withdrawal | null; until: number | null }> {
  const { tenant: id, site, signedBy, anonymous } = principal;
  const withdrawn = (withdrawal: Withdrawal) => ({ withdrawal, until: null });
  const tenant = await directory.tenant(id);
  if (tenant === null) return withdrawn(forbidden("the tenant is gone"));
  if (anonymous && tenant.identifiedOnly) return withdrawn(forbidden("this site is for identified users"));
  if (signedBy !== undefined) {
    const keys = await directory.signingKeys(id);
    if (keys.every(({ kid }) => kid !== signedBy))
      return withdrawn({ code: CLOSE_CODES.tokenExpired, reason: "the token's key was withdrawn" });
  }
  if (site === undefined) return { withdrawal: null, until: null };
  const key = await directory.siteKey(site.siteKey);
  if (key === null || key.tenant !== id || key.generation !== site.generation)
    return withdrawn(forbidden("the site key was revoked"));
  if (!originAllowed(site.origin, key.allowedOrigins))
    return withdrawn(forbidden("this origin is no longer allowed"));
  return { withdrawal: null, until: key.expiresAt ?? null };
}

/**
 * The sockets that are open here, and their end where what they rest on is withdrawn. Every one is looked at when
 * it opens, whenever the registry has changed, and when a rotated key's time is over.
 */
export class OpenSessions {
  readonly #sessions = new Set<SocketSession>();
  readonly #directory: TenantDirectory;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = Number.POSITIVE_INFINITY;

  /** @param options.failed told where the registry cannot be read: sockets stay, and the next change looks again */
  constructor(options: { directory: TenantDirectory; clock: Clock; failed(error: unknown): void }) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#failed = options.failed;
    this.#stopListening = options.directory.onChange(() => this.#lookAtAll());
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** A socket has opened. What was judged before its 101 may have changed since. */
  opened(session: SocketSession): void {
    this.#sessions.add(session);
    this.#look([session]);
  }

  closed(session: SocketSession): void {
    this.#sessions.delete(session);
  }

  /** Ends every socket of a user here. */
  end(scope: Scope, withdrawal: Withdrawal): void {
    const key = scopeKey(scope);
    for (const session of this.#sessions) {
      if (scopeKey(session.principal) === key) session.close(withdrawal.code, withdrawal.reason);
    }
  }

  /** Lets go of timer and listener. */
  close(): void {
    this.#stopListening();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // A look that is under way sets none any more.
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  #lookAtAll(): void {
    this.#look([...this.#sessions]);
  }

  #look(sessions: readonly SocketSession[]): void {
    void Promise.all(sessions.map((session) => this.#judge(session))).catch(this.#failed);
  }

  async #judge(session: SocketSession): Promise<void> {
    const { withdrawal, until } = await withdrawalOf(session.principal, this.#directory);
    if (withdrawal !== null) session.close(withdrawal.code, withdrawal.reason);
    else if (until !== null) this.#lookAt(until);
  }

  #lookAt(time: number): void {
    if (time >= this.#dueAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = time;
    // Longer than a timer can wait, it looks in between.
    const wait = Math.min(Math.max(time - this.#clock.now(), 0) + 1, 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#lookAtAll();
    }, wait);
  }
}
