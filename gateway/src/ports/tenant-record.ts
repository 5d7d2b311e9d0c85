/** A tier of R24; what each allows stands in `tenants/tiers.ts`. */
export type Tier = "free" | "professional" | "enterprise" | "unlimited";

/** Per-user limits and the tenant's monthly budget, by name. */
export type LimitName = "messagesPerMinute" | "messagesPerHour" | "concurrentStreams" | "tokensPerMonth";

/** What all users of a tenant may do together; null or absent is no limit. */
export interface TenantCeilings {
  readonly messagesPerMinute?: number | null;
  readonly messagesPerHour?: number | null;
  readonly concurrentStreams?: number | null;
}

/** Per-user limits and the tenant's monthly budget; null is none, absent is the tier's. */
export interface LimitOverrides {
  readonly messagesPerMinute?: number | null;
  readonly messagesPerHour?: number | null;
  readonly concurrentStreams?: number | null;
  readonly tokensPerMonth?: number | null;
  /** Ceilings over all of the tenant's users together. */
  readonly tenant?: TenantCeilings;
}

/** USD per million tokens of one model, for one tenant. What is absent is as for anybody. */
export interface TenantPrices {
  readonly input?: number;
  readonly output?: number;
  readonly cachedInput?: number;
  readonly cacheWrite?: number;
}

/** What a new visitor must show before a session is made. */
export type Challenge =
  | { readonly kind: "none" }
  /** A number whose SHA-256 with the gateway's nonce begins with so many zero bits. */
  | { readonly kind: "proof-of-work"; readonly difficulty: number }
  /** A service that speaks as Turnstile does: its site key goes to the widget, the secret to `verifyUrl` alone. */
  | {
      readonly kind: "turnstile";
      readonly siteKey: string;
      /** Sealed at rest by `tenants/registry.ts`; never shown. */
      readonly secret: string;
      readonly verifyUrl: string;
    };

/** What becomes of an answer whose instance dies: it is made anew, gone on with, or ended as far as it got. */
export type TakeOverPolicy = "restart" | "continue" | "end";

/** A tenant as the registry keeps it. */
export interface TenantRecord {
  readonly id: string;
  readonly name: string;
  readonly tier: Tier;
  /** The model's name in `llm/models.ts`. */
  readonly model: string;
  /** Models for questions of that difficulty; null is `model`. */
  readonly models: {
    readonly simple: string | null;
    readonly moderate: string | null;
    readonly complex: string | null;
  };
  /** The model that writes summaries; null is the cheapest there is. */
  readonly summaryModel: string | null;
  /** The models that the tenant may choose from; null is all. */
  readonly allowedModels: readonly string[] | null;
  readonly systemPrompt: string;
  /** Questions with the answers wanted, as part of the prompt. */
  readonly examples: readonly { readonly question: string; readonly answer: string }[];
  readonly cache: {
    readonly exact: boolean;
    readonly semantic: boolean;
    /** Cosine similarity, 0 to 1, from which a question counts as the same. */
    readonly threshold: number;
    readonly ttlSeconds: number;
  };
  /** The limits that hold. */
  readonly limits: LimitOverrides;
  /** Of limits that the tenant lowered itself: what the operator grants; `tier` is the tier's. */
  readonly loweredFrom: Readonly<Partial<Record<LimitName, number | null | "tier">>> & {
    readonly tenant?: TenantCeilings;
  };
  /** Models that take over, in this order, where the chosen one fails. */
  readonly failover: readonly string[];
  /** What becomes of an answer whose instance dies in the middle of it. */
  readonly takeOver: TakeOverPolicy;
  /** Seconds after a user's last socket went that their replies run on. */
  readonly abandonSeconds: number;
  /** Whether only users with a token of the tenant's own may speak. */
  readonly identifiedOnly: boolean;
  /** Days that a message is kept, and a conversation with its last one; null is for ever. */
  readonly retentionDays: number | null;
  readonly attachments: {
    readonly enabled: boolean;
    readonly maxBytes: number;
    /** Media types. */
    readonly types: readonly string[];
  };
  /** Look and words of the widget, handed to it as they are. */
  readonly look: Readonly<Record<string, string | number | boolean>>;
  /** Prices by model, where they are not the list's. */
  readonly prices: Readonly<Record<string, TenantPrices>>;
  /** Whether `?token=` is taken on the upgrade. */
  readonly allowQueryToken: boolean;
  readonly challenge: Challenge;
  /** Rises with every change: what `ETag` shows. The first is 1. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Digest of the seed that was applied last, so that a start does not undo what was changed since. */
  readonly seedDigest?: string;
}
