import type { Scope } from "../ports/scope.ts";

/** Which site key a visitor's token came from, and the page's origin then. */
export interface SiteBinding {
  /** The key as it stands in the page. */
  readonly siteKey: string;
  readonly origin: string;
  /** The key's generation at the time: a later one ends the session. */
  readonly generation: number;
}

/** Who speaks, as authentication established it. */
export interface Principal extends Scope {
  readonly name?: string;
  readonly anonymous: boolean;
  /** When the token was issued, milliseconds since 1970, to the second. */
  readonly issuedAt: number;
  /** Where the token ends, milliseconds since 1970. */
  readonly expiresAt: number;
  /** Only where the token came from a site key. */
  readonly site?: SiteBinding;
  /** `kid` of the tenant's own key that signed the token; absent where the gateway did. */
  readonly signedBy?: string;
  /** Under what an anonymous visitor's turns are counted; absent is not at all. Known once a socket was admitted. */
  readonly turns?: { readonly subject: string; readonly perMinute: number };
}

/** Why a token is not taken. The message says what was wrong and holds nothing of the token. */
export class TokenRefused extends Error {
  readonly code: "UNAUTHORIZED" | "TOKEN_EXPIRED";

  constructor(code: "UNAUTHORIZED" | "TOKEN_EXPIRED", message: string) {
    super(message);
    this.name = "TokenRefused";
    this.code = code;
  }
}
