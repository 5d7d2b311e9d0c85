import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGateway } from "./compose.ts";
import { readConfig } from "./config.ts";
import type { Gateway } from "./gateway.ts";
import type { Log } from "./telemetry/log.ts";

/** Milliseconds in which the process of a gateway that has stopped ends by itself. */
const LEFT_OVER = 10_000;

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

/** Says what runs, for people, on stdout; the log is on stderr. */
function announce(gateway: Gateway): void {
  const lines = [
    ...(gateway.demo ? [`Demo page:     ${gateway.url}/demo`] : []),
    ...(gateway.newAdminKey === null
      ? []
      : [`Operator key:  ${gateway.newAdminKey} (shown once, kept in DATA_DIR)`]),
    `Answering:     ${gateway.answering === "simulator" ? "the built-in simulator (set ANTHROPIC_API_KEY for a real model)" : gateway.answering}`,
    `Listening:     ${gateway.address}`,
    `Socket server: ${gateway.socketServer.name}${gateway.socketServer.reason === null ? "" : ` (${gateway.socketServer.reason})`}`,
  ];
  process.stdout.write(`\n${lines.join("\n")}\n`);
}

/**
 * Nothing of a gateway that has stopped goes on, so its process ends by itself. Where something does go on, that is a
 * mistake: it is named, and ended.
 */
function endAtLast(log: Log): void {
  const deadline = setTimeout(() => {
    log.error(
      { resources: process.getActiveResourcesInfo() },
      "something goes on after the gateway has stopped",
    );
    process.exit(1);
  }, LEFT_OVER);
  deadline.unref();
}

async function main(): Promise<void> {
  const gateway = await startGateway(readConfig(process.env), {
    widget: join(root, "widget", "dist"),
    demo: [join(here, "demo"), join(root, "gateway", "demo")],
  });
  const stop = (): void => {
    gateway.stop().then(
      () => endAtLast(gateway.log),
      (error: unknown) => {
        gateway.log.error({ err: error }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  announce(gateway);
}

main().catch((error: unknown) => {
  process.stderr.write(`parlance: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
