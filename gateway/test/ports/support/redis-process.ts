import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { inTime } from "./patience.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/** Tries to find ports that nobody else takes meanwhile. */
const ATTEMPTS = 5;
/** From where to where ports are looked for: below those that systems give to connections, which would take one meanwhile. */
const PORTS = [15_000, 32_000] as const;

/** A `redis-server` of a test's own, which writes nothing to disk that lasts. */
export interface RedisProcess {
  readonly port: number;
  /** Where it talks to the other nodes of its cluster. */
  readonly busPort: number;
  /** Lets it answer nobody, as a machine that hangs would. */
  pause(): void;
  resume(): void;
  /** Ends it; resolves when it is gone. Twice is once. */
  stop(): Promise<void>;
}

/** How it is to run. */
export type RedisRole = "alone" | "in a cluster" | { readonly sentinelOf: number };

/**
 * Starts one and waits until it serves.
 *
 * @param options.role alone, in a cluster to be joined, or the sentinel of a server's port, which it calls `main`
 * @param options.settings more arguments
 * @param options.port where one was before, which has ended; a free port where absent
 */
export async function startRedisProcess(
  options: { role?: RedisRole; settings?: readonly string[]; port?: number } = {},
): Promise<RedisProcess> {
  let output = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const folder = await temporaryFolder();
    const [port, busPort] = [options.port ?? (await freePort()), await freePort()];
    const configuration = folder.file("redis.conf");
    await writeFile(
      configuration,
      [...settings(options.role ?? "alone", port, busPort), ...(options.settings ?? [])].join("\n"),
    );
    const sentinel = typeof options.role === "object" ? ["--sentinel"] : [];
    const child = spawn(program(), [configuration, ...sentinel], {
      cwd: folder.path,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    const process = running(child, folder, { port, busPort });
    try {
      if (await serves(child, lines)) return process;
    } catch (error) {
      await process.stop();
      throw error;
    }
    await process.stop();
    output = lines.join("\n");
  }
  throw new Error(`redis-server does not start:\n${output}`);
}

function program(): string {
  return process.env.REDIS_SERVER_PATH ?? "redis-server";
}

/** Lines of its configuration: a sentinel wants a file of its own to write to. */
function settings(role: RedisRole, port: number, busPort: number): string[] {
  const common = [`port ${port}`, "bind 127.0.0.1"];
  if (typeof role === "object") return [...common, `sentinel monitor main 127.0.0.1 ${role.sentinelOf} 1`];
  const server = [...common, 'save ""', "appendonly no"];
  if (role === "alone") return server;
  return [...server, "cluster-enabled yes", `cluster-port ${busPort}`, "cluster-node-timeout 2000"];
}

/** Whether it came to serve; false where it ended first, as it does when its port is taken. */
async function serves(child: ChildProcess, lines: string[]): Promise<boolean> {
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (error) =>
      reject(
        new Error(
          `the tests need redis-server: install it (apt-get install redis-server, brew install redis) or name it by REDIS_SERVER_PATH (${error.message})`,
        ),
      ),
    );
  });
  if (child.stdout === null) throw new Error("the output of redis-server is not to be had");
  const output = createInterface(child.stdout);
  const ready = new Promise<true>((resolve) => {
    output.on("line", (line) => {
      lines.push(line);
      if (line.match(/Ready to accept connections|Sentinel ID is/u)) resolve(true);
    });
  });
  const serving = Promise.race([ready, failed, once(child, "exit").then(() => false)]);
  return await inTime(serving, () => `redis-server serves; it said ${lines.slice(-5).join("\n")}`);
}

function running(
  child: ChildProcess,
  folder: TemporaryFolder,
  ports: { port: number; busPort: number },
): RedisProcess {
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    process.off("exit", kill);
    // One that never started has no number, and no end either.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      kill();
      await exited;
    }
    await folder.remove();
  };
  return {
    ...ports,
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
