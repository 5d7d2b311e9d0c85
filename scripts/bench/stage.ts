import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { SeedFile } from "../../gateway/src/tenants/seed.ts";
import { type GatewayProcess, startGatewayProcess } from "../../gateway/test/live/support/gateway-process.ts";
import { TWO_TENANTS } from "../../gateway/test/live/support/test-gateway.ts";
import type { RequestRecord } from "../upstream-simulator/index.ts";

/** A gateway and its upstream, each in a process of its own. */
export interface Stage {
  readonly gateway: GatewayProcess;
  /** The questions that the upstream saw, oldest first; the gateway's own calls (summaries) left out. */
  requests(): Promise<readonly RequestRecord[]>;
  end(): Promise<void>;
}

/** Acme without limits: a benchmark is not to be slowed by its own tenant. */
const SEED: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) => ({
    ...tenant,
    limits: { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null },
  })),
};

/** Runs a benchmark on a stage of its own, which is taken down whatever happens. */
export async function onStage<Result>(run: (stage: Stage) => Promise<Result>): Promise<Result> {
  const stage = await startStage();
  try {
    return await run(stage);
  } finally {
    await stage.end();
  }
}

async function startStage(environment: Record<string, string> = {}): Promise<Stage> {
  const main = join(import.meta.dirname, "../upstream-simulator/main.ts");
  const upstream = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: upstream.stdout }), "line")) as [string];
  const url = /https?:\/\/\S+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`the upstream simulator did not say where it listens: ${line}`);
  const dataDirectory = await mkdtemp(join(tmpdir(), "parlance-bench-"));
  await writeFile(join(dataDirectory, "seed.json"), JSON.stringify(SEED));
  const gateway = await startGatewayProcess({
    DATA_DIR: dataDirectory,
    PARLANCE_CONFIG: join(dataDirectory, "seed.json"),
    ANTHROPIC_API_KEY: "bench-key",
    ANTHROPIC_BASE_URL: url,
    LOG_LEVEL: "warn",
    DRAIN_SECONDS: "0",
    ...environment,
  });
  return {
    gateway,
    async requests() {
      const response = await fetch(`${url}/control/requests`);
      const records = (await response.json()) as RequestRecord[];
      return records.filter(({ body }) => !JSON.stringify(body).includes("You keep the memory"));
    },
    async end() {
      await gateway.end("SIGTERM");
      upstream.kill("SIGTERM");
      await once(upstream, "exit");
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
