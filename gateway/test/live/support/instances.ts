import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from "../../../../scripts/upstream-simulator/index.ts";
import type { SeedFile } from "../../../src/tenants/seed.ts";
import { type RedisProcess, startRedisProcess } from "../../ports/support/redis-process.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { TWO_TENANTS } from "./test-gateway.ts";

/** Several gateway processes on one Redis and one archive, as an operator runs them. */
export interface Instances {
  readonly upstream: UpstreamSimulator;
  readonly redis: RedisProcess;
  readonly redisUrl: string;
  /** Where the archive is. */
  readonly dataDirectory: string;
  /** Starts another instance. */
  start(environment?: Record<string, string>): Promise<GatewayProcess>;
  /** Ends everything that still runs. */
  stop(): Promise<void>;
}

const SECRET = "instances-share-one-secret-of-at-least-32-characters";

/** Prepares what instances share: Redis, a data directory, an upstream. */
export async function prepareInstances(seed: SeedFile = TWO_TENANTS): Promise<Instances> {
  const upstream = await startUpstreamSimulator();
  const redis = await startRedisProcess({ role: "alone" });
  const dataDirectory = await mkdtemp(join(tmpdir(), "parlance-instances-"));
  await writeFile(join(dataDirectory, "seed.json"), JSON.stringify(seed));
  const redisUrl = `redis://127.0.0.1:${redis.port}`;
  const running = new Set<GatewayProcess>();
  return {
    upstream,
    redis,
    redisUrl,
    dataDirectory,
    async start(environment = {}) {
      const gateway = await startGatewayProcess({
        DATA_DIR: dataDirectory,
        PARLANCE_CONFIG: join(dataDirectory, "seed.json"),
        PARLANCE_SECRET: SECRET,
        REDIS_URL: redisUrl,
        ANTHROPIC_API_KEY: "test-key",
        ANTHROPIC_BASE_URL: upstream.url,
        DRAIN_SECONDS: "30",
        LOG_LEVEL: "info",
        ...environment,
      });
      running.add(gateway);
      gateway.process.once("exit", () => running.delete(gateway));
      return gateway;
    },
    async stop() {
      await Promise.all([...running].map((gateway) => gateway.end("SIGKILL")));
      await redis.stop();
      await upstream.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
