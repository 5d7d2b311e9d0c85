import jwt from "jsonwebtoken";
import { z } from "zod";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { UserId } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { DerivedKeys } from "./derived-keys.ts";
import { ANONYMOUS_PREFIX, establishedUser } from "./scope.ts";
import { VISITOR_LIFE } from "./visitor-families.ts";

const Claims = z.object({
  tenant: z.string(),
  /** The site key's id, which outlives a rotation. */
  site: z.string(),
  visitor: z.string().startsWith(ANONYMOUS_PREFIX),
  /** Its number in the visitor's family. */
  number: z.int().min(1),
});

/** A visitor's token that was signed here and is for this site; whether it still holds its family knows. */
export interface ReadVisitorToken {
  readonly visitor: UserId;
  readonly number: number;
}

/** The long-lived tokens that bring an anonymous visitor back as the same one. */
export interface VisitorTokens {
  mint(key: SiteKeyRecord, token: ReadVisitorToken): string;
  /** Null where it is not for this site, was altered, or is older than 180 days. */
  read(token: string, key: SiteKeyRecord): ReadVisitorToken | null;
}

/** Makes the one place that mints and reads visitor tokens. */
export function createVisitorTokens({ keys, clock }: { keys: DerivedKeys; clock: Clock }): VisitorTokens {
  const seconds = (): number => Math.floor(clock.now() / 1000);
  return {
    mint({ tenant, id }, { visitor, number }) {
      const issuedAt = seconds();
      const claims = {
        tenant,
        site: id,
        visitor,
        number,
        iat: issuedAt,
        exp: issuedAt + VISITOR_LIFE / 1000,
      };
      return jwt.sign(claims, keys.current("visitor"), { algorithm: "HS256" });
    },
    read(token, key) {
      for (const each of keys.accepted("visitor")) {
        try {
          const payload = jwt.verify(token, each, { algorithms: ["HS256"], clockTimestamp: seconds() });
          const claims = Claims.safeParse(payload);
          if (!claims.success) return null;
          const { tenant, site, number } = claims.data;
          const visitor = establishedUser(claims.data.visitor);
          return tenant === key.tenant && site === key.id && visitor !== null ? { visitor, number } : null;
        } catch (error) {
          if (!(error instanceof jwt.JsonWebTokenError)) throw error;
        }
      }
      return null;
    },
  };
}
