import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGateway } from "./compose.ts";
import { readConfig } from "./config.ts";
import type { Gateway } from "./gateway.ts";

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

async function main(): Promise<void> {
  const gateway = await startGateway(readConfig(process.env), {
    widget: join(root, "widget", "dist"),
    demo: [join(here, "demo"), join(root, "gateway", "demo")],
  });
  const stop = (): void => {
    gateway.stop().then(
      () => process.exit(0),
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
