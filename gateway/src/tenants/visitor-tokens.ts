import jwt from "jsonwebtoken";
import { z } from "zod";
import type { Clock, Randomness } from "../ports/system.ts";
import type { DerivedKeys } from "./derived-keys.ts";
import { ANONYMOUS_PREFIX } from "./scope.ts";

/** Life of a visitor token from its last use, seconds: 180 days. */
const VISITOR_LIFE_SECONDS = 180 * 24 * 60 * 60;

const Claims = z.object({
  tenant: z.string(),
  siteKey: z.string(),
  visitor: z.string().startsWith(ANONYMOUS_PREFIX),
});

/** The long-lived tokens that bring an anonymous visitor back as the same one. */
export interface VisitorTokens {
  /** A visitor nobody has seen before. */
  newVisitor(): string;
  mint(visitor: { tenant: string; siteKey: string; visitor: string }): string;
  /** The visitor that a token stands for at this site, or null where it does not hold (any more). */
  read(token: string, site: { tenant: string; siteKey: string }): string | null;
}

/** Makes the one place that mints and reads visitor tokens. */
export function createVisitorTokens(options: {
  keys: DerivedKeys;
  clock: Clock;
  randomness: Randomness;
}): VisitorTokens {
  const { keys, clock, randomness } = options;
  const seconds = (): number => Math.floor(clock.now() / 1000);
  return {
    newVisitor: () => `${ANONYMOUS_PREFIX}${randomness.token(18)}`,
    mint({ tenant, siteKey, visitor }) {
      const issuedAt = seconds();
      return jwt.sign(
        { tenant, siteKey, visitor, iat: issuedAt, exp: issuedAt + VISITOR_LIFE_SECONDS },
        keys.current("visitor"),
        { algorithm: "HS256" },
      );
    },
    read(token, site) {
      for (const key of keys.accepted("visitor")) {
        try {
          const payload = jwt.verify(token, key, { algorithms: ["HS256"], clockTimestamp: seconds() });
          const claims = Claims.safeParse(payload);
          if (!claims.success) return null;
          const { tenant, siteKey, visitor } = claims.data;
          return tenant === site.tenant && siteKey === site.siteKey ? visitor : null;
        } catch (error) {
          if (!(error instanceof jwt.JsonWebTokenError)) throw error;
        }
      }
      return null;
    },
  };
}
