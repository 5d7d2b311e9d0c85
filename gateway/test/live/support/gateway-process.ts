import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inTime } from "../../ports/support/patience.ts";

const MAIN = join(import.meta.dirname, "../../../src/main.ts");
/** Where Node keeps what it compiled of the gateway, for the next start: half of what a start costs. */
export const COMPILED = join(import.meta.dirname, "../../../../node_modules/.parlance/compiled");

/** A gateway in a process of its own, as an operator starts it. */
export interface GatewayProcess {
  readonly port: number;
  readonly chatUrl: string;
  /** Lines of standard output and of the log so far. */
  readonly output: readonly string[];
  readonly log: readonly string[];
  /** Sends a signal and waits for the end; resolves with the exit code, or null where the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly process: ChildProcess;
}

/**
 * Starts a gateway process and waits until it listens.
 *
 * @param environment its whole configuration; nothing of it is inherited
 */
export async function startGatewayProcess(environment: Record<string, string>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE: COMPILED, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<number>((resolve) => {
    lines.on("line", (line) => {
      output.push(line);
      const port = /^Listening: +\S+:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const started = Promise.race([
    listening,
    exited.then((code) => {
      throw new Error(`the gateway ended with ${code}: ${log.join("\n")}`);
    }),
  ]);
  const latest = (): string => log.slice(-5).join("\n");
  const port = await inTime(started, () => `the gateway listens; it logged ${latest()}`);
  return {
    port,
    chatUrl: `ws://127.0.0.1:${port}/v1/chat`,
    output,
    log,
    process: child,
    end(signal) {
      child.kill(signal);
      return inTime(exited, () => `the gateway ends by ${signal}; it logged ${latest()}`);
    },
  };
}
