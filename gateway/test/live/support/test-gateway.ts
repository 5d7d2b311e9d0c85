import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from "../../../../scripts/upstream-simulator/index.ts";
import { startGateway } from "../../../src/compose.ts";
import { readConfig } from "../../../src/config.ts";
import type { Gateway, Surroundings } from "../../../src/gateway.ts";
import type { SeedFile } from "../../../src/tenants/seed.ts";

/** The origin of the pages that site keys of the tests allow: another one than the gateway's. */
export const PAGE_ORIGIN = "https://shop.example";

/** Keys of the tests' tenants. */
export const ACME_SECRET = "acme-signing-secret-of-at-least-32-characters";
export const GLOBEX_SECRET = "globex-signing-secret-of-at-least-32-characters";
export const ACME_API_KEY = "sk_acme_0123456789abcdefghijklmn";

/** Two tenants whose ids may collide in every way. */
export const TWO_TENANTS: SeedFile = {
  tenants: [
    {
      id: "acme",
      tier: "unlimited",
      model: "claude-haiku-5-5",
      systemPrompt: "You answer for Acme.",
      cache: { exact: false, ttlSeconds: 60 },
      siteKeys: [{ key: "pk_acme", allowedOrigins: [PAGE_ORIGIN, "http://localhost:*"] }],
      signingKeys: [{ kid: "acme-1", algorithm: "HS256", secret: ACME_SECRET }],
      apiKeys: [{ kind: "sk", key: ACME_API_KEY }],
    },
    {
      id: "globex",
      tier: "unlimited",
      model: "claude-haiku-5-5",
      cache: { exact: false, ttlSeconds: 60 },
      signingKeys: [{ kid: "globex-1", algorithm: "HS256", secret: GLOBEX_SECRET }],
    },
  ],
};

/** A gateway of a test, with the upstream that it calls. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly upstream: UpstreamSimulator;
  readonly dataDirectory: string;
  /** `ws://…/v1/chat`. */
  readonly chatUrl: string;
  /** Stops the gateway and starts it again on the same data, at another port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a whole gateway in this process, on a free port, with the real Anthropic SDK against the upstream
 * simulator.
 *
 * @param options.environment variables over the tests' defaults
 * @param options.surroundings what the gateway is to take in place of the machine's own
 */
export async function startTestGateway(
  options: {
    socketServer?: "uws" | "ws";
    seed?: SeedFile;
    environment?: Record<string, string>;
    dataDirectory?: string;
    surroundings?: Surroundings;
  } = {},
): Promise<TestGateway> {
  const upstream = await startUpstreamSimulator({ defaults: { rate: 2_000, tokens: 20 } });
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "parlance-test-")));
  const seedFile = join(dataDirectory, "seed.json");
  await writeFile(seedFile, JSON.stringify(options.seed ?? TWO_TENANTS));
  const launch = (): Promise<Gateway> =>
    startGateway(
      readConfig({
        PORT: "0",
        DATA_DIR: dataDirectory,
        PARLANCE_CONFIG: seedFile,
        ANTHROPIC_API_KEY: "test-key",
        ANTHROPIC_BASE_URL: upstream.url,
        LOG_LEVEL: "silent",
        DRAIN_SECONDS: "0",
        PARLANCE_SOCKET_SERVER: options.socketServer ?? "auto",
        ...options.environment,
      }),
      {
        widget: join(import.meta.dirname, "../../../../widget/dist"),
        demo: [join(import.meta.dirname, "../../../demo")],
      },
      options.surroundings,
    );
  let gateway = await launch();
  return {
    get gateway() {
      return gateway;
    },
    upstream,
    dataDirectory,
    get chatUrl() {
      return `ws://127.0.0.1:${gateway.port}/v1/chat`;
    },
    async restart() {
      await gateway.stop();
      gateway = await launch();
    },
    async stop() {
      await gateway.stop();
      await upstream.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
