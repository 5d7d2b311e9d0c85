import type { AuditLog } from "../ports/audit-log.ts";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { Scope, UserId } from "../ports/scope.ts";
import type { Clock, Ids, Randomness } from "../ports/system.ts";
import type { FamilyEnd, VisitorFamilies, VisitorFamily } from "../ports/visitor-families.ts";
import { ANONYMOUS_PREFIX, establishedTenant, establishedUser } from "./scope.ts";
import { endFamily, judgeToken, type TokenVerdict } from "./visitor-families.ts";
import type { VisitorTokens } from "./visitor-tokens.ts";

/** Tries against others who change the same family. */
const TRIES = 16;

/** An anonymous visitor, and the token that brings them back next time. */
export interface KnownVisitor {
  readonly visitor: UserId;
  readonly visitorToken: string;
}

/** The anonymous visitors of sites. */
export interface Visitors {
  /** One whom nobody has seen before. Nothing is stored before the token is used. */
  welcome(key: SiteKeyRecord): KnownVisitor;
  /** The one whom a token brings back, or null where it does not hold. Uses the token. */
  recognise(token: string, key: SiteKeyRecord): Promise<KnownVisitor | null>;
  /**
   * The visitor who becomes this user, or null where the token does not hold. From then on none of the visitor's
   * tokens does. The same again finds the visitor again until `adopted`.
   */
  claim(token: string, key: SiteKeyRecord, by: UserId): Promise<UserId | null>;
  /** The visitor's conversations have passed. */
  adopted(scope: Scope, by: UserId): Promise<void>;
  /** Ends all of the visitor's tokens. Twice is once. */
  end(scope: Scope, reason: "erased"): Promise<void>;
  /** Whether the visitor's sessions hold. */
  alive(scope: Scope): Promise<boolean>;
}

/**
 * Makes the one place that knows visitors.
 *
 * @param options.ended told of a visitor whose tokens and sessions hold no more
 */
export function createVisitors(options: {
  tokens: VisitorTokens;
  families: VisitorFamilies;
  audit: AuditLog;
  clock: Clock;
  ids: Ids;
  randomness: Randomness;
  ended(scope: Scope): void;
}): Visitors {
  const { tokens, families, audit, clock, ids, randomness, ended } = options;

  /** Decides on a family as it is, and stores what was decided, as if nobody else did meanwhile. */
  const change = async <Result>(
    { tenant, user }: Scope,
    decide: (known: VisitorFamily | null) => { result: Result; family: VisitorFamily | null },
  ): Promise<Result> => {
    const mine = families.forTenant(tenant);
    for (let tries = 0; tries < TRIES; tries++) {
      const { result, family } = decide(await mine.get(user));
      if (family === null || (await mine.put(user, family))) return result;
    }
    throw new Error("others changed the same visitor again and again");
  };

  const end = async (scope: Scope, how: FamilyEnd): Promise<void> => {
    const done = await change(scope, (known) =>
      (known?.ended ?? null) === null
        ? { result: true, family: endFamily(known, how) }
        : { result: false, family: null },
    );
    if (done) ended(scope);
  };

  const reused = async (scope: Scope, key: SiteKeyRecord): Promise<void> => {
    await audit.forTenant(scope.tenant).append({
      id: ids.next(),
      at: clock.now(),
      actor: { kind: "visitor", id: scope.user },
      action: "visitor-token.reuse",
      target: scope.user,
      details: { siteKey: key.id },
    });
    ended(scope);
  };

  return {
    welcome(key) {
      const visitor = establishedUser(`${ANONYMOUS_PREFIX}${randomness.token(18)}`);
      if (visitor === null) throw new Error("a visitor's id is no user's id");
      return { visitor, visitorToken: tokens.mint(key, { visitor, number: 1 }) };
    },

    async recognise(token, key) {
      const read = tokens.read(token, key);
      if (read === null) return null;
      const { visitor, number } = read;
      const scope = { tenant: establishedTenant(key.tenant), user: visitor };
      const verdict = await change(scope, (known) => judged(judgeToken(known, number, clock.now())));
      if (verdict.outcome === "reused") await reused(scope, key);
      if (verdict.outcome !== "good") return null;
      return { visitor, visitorToken: tokens.mint(key, { visitor, number: verdict.next }) };
    },

    async claim(token, key, by) {
      const read = tokens.read(token, key);
      if (read === null) return null;
      const scope = { tenant: establishedTenant(key.tenant), user: read.visitor };
      const at = clock.now();
      const verdict = await change<TokenVerdict | "again">(scope, (known) => {
        const before = known?.ended ?? null;
        if (before?.reason === "adopted" && before.by === by && !before.moved)
          return { result: "again", family: null };
        const found = judgeToken(known, read.number, at);
        if (found.outcome !== "good") return judged(found);
        return { result: found, family: endFamily(known, { reason: "adopted", at, by, moved: false }) };
      });
      if (verdict === "again") return read.visitor;
      if (verdict.outcome === "reused") await reused(scope, key);
      if (verdict.outcome !== "good") return null;
      ended(scope);
      return read.visitor;
    },

    adopted: (scope, by) =>
      change(scope, (known) => {
        const before = known?.ended;
        const open = before?.reason === "adopted" && before.by === by && !before.moved;
        return { result: undefined, family: open ? endFamily(known, { ...before, moved: true }) : null };
      }),

    end: (scope, reason) => end(scope, { reason, at: clock.now() }),

    async alive({ tenant, user }) {
      const family = await families.forTenant(tenant).get(user);
      return family === null || family.ended === null;
    },
  };
}

function judged(verdict: TokenVerdict): { result: TokenVerdict; family: VisitorFamily | null } {
  return { result: verdict, family: verdict.outcome === "dead" ? null : verdict.family };
}
