import { z } from "zod";
import { parseRedisUrl } from "./adapters/redis/url.ts";
import { isNetwork } from "./limits/networks.ts";

/** What the gateway runs with: the environment, typed and checked. Nothing else reads `process.env`. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly dataDirectory: string;
  /** Path of the JSON file that seeds tenants and keys. */
  readonly seedFile: string | null;
  readonly adminKey: string | null;
  readonly secret: string | null;
  readonly previousSecret: string | null;
  /** Addresses and networks of the proxies whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** The hot store, shared by instances; null keeps it in this process. */
  readonly redisUrl: string | null;
  readonly archive:
    | { readonly kind: "sqlite" }
    | {
        readonly kind: "dynamodb";
        readonly table: string;
        readonly region: string;
        readonly endpoint: string | null;
      };
  readonly anthropic: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly simulatorTokensPerSecond: number;
  readonly drainSeconds: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Which socket server to use; `auto` is uWebSockets.js where it loads. */
  readonly socketServer: "auto" | "uws" | "ws";
}

/** Every mistake in the environment, one a line, each naming its variable and what to do. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const text = z.string().trim().min(1, "must not be empty");
const wholeNumber = (least: number, most: number) =>
  text
    .refine(
      (written) => /^\d+$/.test(written) && Number(written) >= least && Number(written) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);
const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  z.enum(words, `must be one of ${words.join(", ")}`);
const httpUrl = text
  .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), "must be an http(s) URL")
  .transform((url) => url.replace(/\/+$/, ""));
const longSecret = text.min(32, "must have at least 32 characters; make one with `openssl rand -base64 48`");

const Environment = z.object({
  NODE_ENV: z.string().optional(),
  HOST: text.optional(),
  PORT: wholeNumber(0, 65_535).default(8080),
  PUBLIC_URL: httpUrl.optional(),
  DATA_DIR: text.default("./data"),
  PARLANCE_CONFIG: text.optional(),
  PARLANCE_ADMIN_KEY: text.min(16, "must have at least 16 characters").optional(),
  PARLANCE_SECRET: longSecret.optional(),
  PARLANCE_SECRET_PREVIOUS: longSecret.optional(),
  REDIS_URL: text
    .superRefine((url, context) => {
      try {
        parseRedisUrl(url);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
      }
    })
    .optional(),
  TRUST_PROXY: text
    .transform((list) => list.split(",").map((each) => each.trim()))
    .refine(
      (list) => list.every(isNetwork),
      "must be addresses or networks such as 10.0.0.0/8, with commas between",
    )
    .optional(),
  ARCHIVE: oneOf("sqlite", "dynamodb").default("sqlite"),
  DYNAMODB_TABLE: text.default("parlance"),
  DYNAMODB_ENDPOINT: httpUrl.optional(),
  AWS_REGION: text.default("us-east-1"),
  ANTHROPIC_API_KEY: text.optional(),
  ANTHROPIC_BASE_URL: httpUrl.optional(),
  SIMULATOR_TOKENS_PER_SECOND: wholeNumber(1, 100_000).default(80),
  DRAIN_SECONDS: wholeNumber(0, 3_600).default(120),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent").default("info"),
  PARLANCE_SOCKET_SERVER: oneOf("auto", "uws", "ws").default("auto"),
});

/** Variables of later abilities: set to anything but these, they would silently do nothing. */
const UNAVAILABLE: Readonly<Record<string, readonly string[]>> = {
  ATTACHMENTS: ["files"],
  WORKERS: ["1"],
  OPENAI_API_KEY: [],
  BEDROCK_ENDPOINT: [],
  EMBEDDINGS_BASE_URL: [],
  OTEL_EXPORTER_OTLP_ENDPOINT: [],
};

/**
 * Reads the environment.
 *
 * @throws {@link ConfigError} with all mistakes at once; values are never quoted, since they may be secrets
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = Environment.safeParse(present);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  for (const [name, known] of Object.entries(UNAVAILABLE)) {
    const value = present[name];
    if (value === undefined || known.includes(value.trim())) continue;
    problems.push(
      `${name}: this version cannot use it${known.length > 0 ? ` (only ${known.join(", ")})` : "; unset it"}`,
    );
  }
  const production = present.NODE_ENV === "production";
  if (production) {
    for (const name of ["PARLANCE_SECRET", "PARLANCE_ADMIN_KEY"]) {
      if (present[name] === undefined) problems.push(`${name}: must be set where NODE_ENV is production`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const values = parsed.data;
  return {
    production,
    host: values.HOST ?? (production ? "0.0.0.0" : "127.0.0.1"),
    port: values.PORT,
    publicUrl: values.PUBLIC_URL ?? null,
    dataDirectory: values.DATA_DIR,
    seedFile: values.PARLANCE_CONFIG ?? null,
    adminKey: values.PARLANCE_ADMIN_KEY ?? null,
    secret: values.PARLANCE_SECRET ?? null,
    previousSecret: values.PARLANCE_SECRET_PREVIOUS ?? null,
    trustedProxies: values.TRUST_PROXY ?? [],
    redisUrl: values.REDIS_URL ?? null,
    archive:
      values.ARCHIVE === "sqlite"
        ? { kind: "sqlite" }
        : {
            kind: "dynamodb",
            table: values.DYNAMODB_TABLE,
            region: values.AWS_REGION,
            endpoint: values.DYNAMODB_ENDPOINT ?? null,
          },
    anthropic:
      values.ANTHROPIC_API_KEY === undefined
        ? null
        : { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL ?? null },
    simulatorTokensPerSecond: values.SIMULATOR_TOKENS_PER_SECOND,
    drainSeconds: values.DRAIN_SECONDS,
    logLevel: values.LOG_LEVEL,
    socketServer: values.PARLANCE_SOCKET_SERVER,
  };
}
