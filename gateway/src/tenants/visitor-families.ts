import type { FamilyEnd, VisitorFamily } from "../ports/visitor-families.ts";

/** Life of a visitor token from its last use, milliseconds: 180 days. */
export const VISITOR_LIFE = 180 * 24 * 60 * 60_000;
/** How long a token is good after its successor was first used, milliseconds. */
const GRACE = 10 * 60_000;
/** First uses that are remembered at most. */
const REMEMBERED_USES = 128;

/** What a token is worth. */
export type TokenVerdict =
  /** It holds; `next` is the token to go on with. `family` is to be stored, where it changed. */
  | { readonly outcome: "good"; readonly next: number; readonly family: VisitorFamily | null }
  /** It came back too late: `family` has ended, and is to be stored. */
  | { readonly outcome: "reused"; readonly family: VisitorFamily }
  /** It does not hold, and nothing follows from that. */
  | { readonly outcome: "dead" };

/**
 * Judges the use of a visitor's token. The latest is replaced by its first use. One before it is good until its own
 * successor has been used, and ten minutes after: two tabs, or an answer that was lost, are no theft. Later than
 * that somebody has kept a copy.
 *
 * @param known null where no token of the visitor was ever used
 * @param now milliseconds since 1970
 */
export function judgeToken(known: VisitorFamily | null, token: number, now: number): TokenVerdict {
  const { current, uses, ended } = known ?? { current: 1, uses: [], ended: null };
  if (ended !== null || token > current || token < 1) return { outcome: "dead" };
  if (token === current) {
    const kept = uses.filter(({ at }) => now - at < GRACE).slice(1 - REMEMBERED_USES);
    const family = changed(known, now, { current: current + 1, uses: [...kept, { token, at: now }] });
    return { outcome: "good", next: current + 1, family };
  }
  const successor = token + 1;
  if (successor === current) return { outcome: "good", next: current, family: null };
  const used = uses.find((use) => use.token === successor);
  if (used !== undefined && now - used.at < GRACE) return { outcome: "good", next: current, family: null };
  const [oldest] = uses;
  const forgotten =
    oldest !== undefined &&
    uses.length === REMEMBERED_USES &&
    now - oldest.at < GRACE &&
    successor < oldest.token;
  // So many came since that when this one was replaced is no longer known.
  if (forgotten) return { outcome: "dead" };
  return { outcome: "reused", family: endFamily(known, { reason: "reused", at: now }) };
}

/** The family without a token that holds. */
export function endFamily(known: VisitorFamily | null, ended: FamilyEnd): VisitorFamily {
  return changed(known, ended.at, { ended });
}

function changed(known: VisitorFamily | null, now: number, change: Partial<VisitorFamily>): VisitorFamily {
  const before = known ?? { current: 1, uses: [], ended: null, revision: 0 };
  return { ...before, ...change, expiresAt: now + VISITOR_LIFE, revision: before.revision + 1 };
}
