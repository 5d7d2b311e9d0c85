import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { originPatternProblem } from "./origins.ts";
import { Name } from "./settings.ts";

const AllowedOrigin = z
  .string()
  .max(300)
  .superRefine((pattern, context) => {
    const problem = originPatternProblem(pattern);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });

const PerMinute = z.int().min(1).max(1_000_000).exactOptional();

/** What can be said of a site key. */
export const SiteKeySettings = z.strictObject({
  name: Name.default("site"),
  allowedOrigins: z.array(AllowedOrigin).min(1, "must name at least one origin").max(100),
  limits: z
    .strictObject({
      sessionsPerMinute: PerMinute,
      upgradesPerMinute: PerMinute,
      ranges: z
        .array(z.union([z.cidrv4(), z.cidrv6()]))
        .max(100)
        .exactOptional()
        .describe("networks whose addresses are not limited"),
    })
    .default({}),
  dailyTokens: z.int().min(0).max(1_000_000_000_000).nullable().default(null),
});

const KeyId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 _ . : -")
  .refine((kid) => kid !== "parlance", "is the name of the gateway's own key");

const ClaimName = z.string().min(1).max(200);

/** A customer's public key in PEM, of the kind that its algorithm takes. */
function publicKeyProblem(pem: string, algorithm: "RS256" | "ES256"): string | null {
  // A private key holds its public half too, and would be taken for one.
  if (/PRIVATE KEY/.test(pem)) return "must be a public key, and never a private one";
  try {
    const key = createPublicKey(pem);
    if (algorithm === "RS256") {
      if (key.asymmetricKeyType !== "rsa") return "must be an RSA key for RS256";
      return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048 ? null : "must have at least 2,048 bits";
    }
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? null : "must be a P-256 key for ES256";
  } catch {
    return "must be a public key in PEM";
  }
}

const PublicKeySettings = z
  .strictObject({
    kid: KeyId,
    algorithm: z.enum(["RS256", "ES256"]),
    publicKey: z.string().max(16_384),
  })
  .superRefine(({ publicKey, algorithm }, context) => {
    const problem = publicKeyProblem(publicKey, algorithm);
    if (problem !== null) context.addIssue({ code: "custom", message: problem, path: ["publicKey"] });
  });

const JwksSettings = z.strictObject({
  kid: KeyId.exactOptional().describe("our name for it; the keys' own stand in the JWKS"),
  jwksUrl: z
    .string()
    .max(2_048)
    .refine((url) => URL.canParse(url) && new URL(url).protocol === "https:", "must be an https URL"),
  issuer: z.string().min(1).max(2_048),
  audience: z.string().min(1).max(2_048),
  claims: z.strictObject({
    user: ClaimName,
    tenant: ClaimName.exactOptional(),
    name: ClaimName.exactOptional(),
  }),
});

/** A signing key that is brought: by its public half, or by where its keys are published. */
export const BroughtSigningKey = z.union([PublicKeySettings, JwksSettings]);

const Secret = z.string().min(32, "must have at least 32 characters").max(1_024);

/** A shared secret that is brought, as seeds do. */
export const SharedSecret = z.strictObject({ kid: KeyId, algorithm: z.literal("HS256"), secret: Secret });

/** A shared secret that is to be made, or brought. */
export const NewSharedSecret = z.strictObject({
  kid: KeyId.exactOptional(),
  algorithm: z.literal("HS256"),
  secret: Secret.exactOptional().describe("made where it is absent"),
});

/** What can be said of an API key: `role` is an `ak`'s, and `owner` where it is absent. */
export const ApiKeySettings = z
  .strictObject({
    name: Name,
    kind: z.enum(["sk", "ak"]),
    role: z.enum(["viewer", "editor", "owner"]).exactOptional(),
  })
  .refine(({ kind, role }) => kind === "ak" || role === undefined, {
    message: "only an ak has a role",
    path: ["role"],
  });
