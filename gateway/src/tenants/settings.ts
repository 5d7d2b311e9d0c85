import { z } from "zod";

/** Where a Turnstile-like service checks answers, unless another address is given. */
const TURNSTILE_URL = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

const MAX_LIMIT = 1_000_000_000_000;

/** A name for people. */
export const Name = z.string().min(1).max(200);

/** A tenant's id. */
export const TenantIdText = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "must be 1 to 64 of A-Z a-z 0-9 _ . -, a letter or digit first",
  );

/** The name of a model in the gateway's table. */
export const ModelName = z.string().min(1).max(128);

export const TierName = z.enum(["free", "professional", "enterprise", "unlimited"]);

const Limit = z.int().min(0).max(MAX_LIMIT).nullable();
const LimitOrTier = z.union([Limit, z.literal("tier")]).describe("null is no limit, `tier` is the tier's");

/** Limits as they are set: what is absent stays as it is. */
export const LimitsInput = z.strictObject({
  messagesPerMinute: LimitOrTier.exactOptional(),
  messagesPerHour: LimitOrTier.exactOptional(),
  concurrentStreams: LimitOrTier.exactOptional(),
  tokensPerMonth: LimitOrTier.exactOptional(),
  tenant: z
    .strictObject({
      messagesPerMinute: Limit.exactOptional(),
      messagesPerHour: Limit.exactOptional(),
      concurrentStreams: Limit.exactOptional(),
    })
    .exactOptional()
    .describe("over all of the tenant's users together; null is no limit"),
});

const Price = z.number().min(0).max(1_000_000).exactOptional();

export const PricesInput = z
  .record(ModelName, z.strictObject({ input: Price, output: Price, cachedInput: Price, cacheWrite: Price }))
  .refine((prices) => Object.keys(prices).length <= 100, "must name at most 100 models")
  .describe("USD per million tokens, by model; what is absent is the list's");

const httpsUrl = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((url) => URL.canParse(url) && new URL(url).protocol === "https:", "must be an https URL");

const ChallengeInput = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("proof-of-work"),
    difficulty: z.int().min(1).max(26).default(16).describe("zero bits; each doubles the visitor's work"),
  }),
  z.strictObject({
    kind: z.literal("turnstile"),
    siteKey: z.string().min(1).max(256),
    secret: z.string().min(1).max(512).describe("never shown again"),
    verifyUrl: httpsUrl(512).default(TURNSTILE_URL),
  }),
]);

const MediaType = z
  .string()
  .max(127)
  .regex(/^[a-z0-9][a-z0-9.+-]*\/([a-z0-9][a-z0-9.+-]*|\*)$/, "must be a media type such as image/png");

/**
 * What can be said of a tenant, all of it optional: what is absent stays as it is, or is the default. Objects
 * with named fields are merged field by field; lists, `look` and `prices` are replaced whole.
 */
export const TenantSettings = z.strictObject({
  name: Name.exactOptional(),
  tier: TierName.exactOptional(),
  model: ModelName.exactOptional(),
  models: z
    .strictObject({
      simple: ModelName.nullable().exactOptional(),
      moderate: ModelName.nullable().exactOptional(),
      complex: ModelName.nullable().exactOptional(),
    })
    .exactOptional()
    .describe("models for questions of that difficulty; null is `model`"),
  summaryModel: ModelName.nullable().exactOptional().describe("null is the cheapest there is"),
  allowedModels: z.array(ModelName).max(100).nullable().exactOptional().describe("null is all"),
  systemPrompt: z.string().max(100_000).exactOptional(),
  examples: z
    .array(z.strictObject({ question: z.string().min(1).max(10_000), answer: z.string().min(1).max(10_000) }))
    .max(50)
    .exactOptional(),
  cache: z
    .strictObject({
      exact: z.boolean().exactOptional(),
      semantic: z.boolean().exactOptional(),
      threshold: z.number().min(0).max(1).exactOptional(),
      ttlSeconds: z.int().min(1).max(31_536_000).exactOptional(),
    })
    .exactOptional(),
  limits: LimitsInput.exactOptional(),
  failover: z.array(ModelName).max(10).exactOptional().describe("models that take over, in this order"),
  takeOver: z
    .enum(["restart", "continue", "end"])
    .exactOptional()
    .describe(
      "what becomes of an answer whose instance dies in the middle of it: made anew, gone on with, or ended as far as it got",
    ),
  abandonSeconds: z.int().min(1).max(86_400).exactOptional(),
  identifiedOnly: z.boolean().exactOptional(),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .exactOptional()
    .describe("days that a message is kept; null is for ever"),
  attachments: z
    .strictObject({
      enabled: z.boolean().exactOptional(),
      maxBytes: z
        .int()
        .min(1)
        .max(100 * 1024 * 1024)
        .exactOptional(),
      types: z.array(MediaType).max(100).exactOptional(),
    })
    .exactOptional(),
  look: z
    .record(z.string().min(1).max(64), z.union([z.string().max(2_000), z.number(), z.boolean()]))
    .refine((look) => Object.keys(look).length <= 100, "must have at most 100 entries")
    .exactOptional(),
  prices: PricesInput.exactOptional(),
  allowQueryToken: z.boolean().exactOptional(),
  challenge: ChallengeInput.exactOptional(),
});

/** What is said of a tenant, checked. */
export type TenantSettings = z.output<typeof TenantSettings>;
