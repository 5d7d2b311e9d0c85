import { existsSync } from "node:fs";
import { bootstrap, runInstead } from "./lib/bootstrap.mjs";
import { fail } from "./lib/fail.mjs";
import { rootPath } from "./lib/root.mjs";

/** `npm start`: installs if needed, builds what changed, and becomes the gateway. */
await bootstrap(import.meta.url);
const { buildOrFail } = await import("./lib/build/index.mjs");
const { prepareUWebSockets } = await import("./lib/uwebsockets.mjs");

if (existsSync(rootPath(".env"))) process.loadEnvFile(rootPath(".env"));
await buildOrFail();
try {
  prepareUWebSockets();
} catch (error) {
  // No reason not to start: the gateway serves on ws then, and says so too.
  process.stderr.write(`parlance: ${error.message}\n`);
}

const gateway = ["--enable-source-maps", rootPath("gateway", "dist", "main.js"), ...process.argv.slice(2)];
if (!existsSync(gateway[1])) fail("there is no gateway/src/main.ts to start");
// Where a program can become another, this one does: signals and exit code are the gateway's own then.
if (process.execve && process.platform !== "win32")
  process.execve(process.execPath, [process.execPath, ...gateway], process.env);
process.exit(await runInstead(process.execPath, gateway));
