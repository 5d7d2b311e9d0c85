import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type GatewayProcess, startGatewayProcess } from "../../gateway/test/live/support/gateway-process.ts";
import { TWO_TENANTS } from "../../gateway/test/live/support/test-gateway.ts";
import type { RequestRecord } from "../upstream-simulator/index.ts";

/** A gateway and its upstream, each in a process of its own. */
export interface Stage {
  readonly gateway: GatewayProcess;
  /** What the upstream saw, oldest first. */
  requests(): Promise<readonly RequestRecord[]>;
  end(): Promise<void>;
}

/** Starts the upstream simulator and a gateway that calls it. */
export async function startStage(environment: Record<string, string> = {}): Promise<Stage> {
  const main = join(import.meta.dirname, "../upstream-simulator/main.ts");
  const upstream = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: upstream.stdout }), "line")) as [string];
  const url = /https?:\/\/\S+/.exec(line)?.[0];
  if (url === undefined) throw new Error(`the upstream simulator did not say where it listens: ${line}`);
  const dataDirectory = await mkdtemp(join(tmpdir(), "parlance-bench-"));
  await writeFile(join(dataDirectory, "seed.json"), JSON.stringify(TWO_TENANTS));
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
      return (await response.json()) as RequestRecord[];
    },
    async end() {
      await gateway.end("SIGTERM");
      upstream.kill("SIGTERM");
      await once(upstream, "exit");
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
