import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { fail } from "./fail.mjs";
import { ensureInstalled } from "./install.mjs";
import { rootPath } from "./root.mjs";

const OLDEST_TO_BEGIN = 18;
/** Where the pinned Node has no build for a machine, its own will do from here on. */
const OLDEST_TO_GO_ON = [22, 12];

/**
 * What every command does first: install if needed, then go on under the Node that the lockfile pins. Returns
 * only in the process that goes on, with the repository's root as working folder. The process that began under
 * another Node waits, passes signals on, and ends as the one that goes on ends.
 * @param {string} script the command's `import.meta.url`
 */
export async function bootstrap(script) {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_TO_BEGIN) {
    fail(`Node ${OLDEST_TO_BEGIN} or later is needed to begin, this is ${process.version}`);
  }
  process.chdir(rootPath());
  ensureInstalled();
  const wanted = JSON.parse(readFileSync(rootPath("package.json"), "utf8")).devDependencies.node;
  if (process.version === `v${wanted}`) return;

  const pinned = rootPath("node_modules", ".bin", "node");
  if (
    existsSync(pinned) &&
    spawnSync(pinned, ["--version"], { encoding: "utf8" }).stdout?.trim() === `v${wanted}`
  ) {
    process.exit(await runInstead(pinned, [fileURLToPath(script), ...process.argv.slice(2)]));
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [leastMajor, leastMinor] = OLDEST_TO_GO_ON;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  fail(
    `Node ${wanted} from node_modules does not run here; remove node_modules and try again, or use Node ${wanted}`,
  );
}

/**
 * Runs a program with our input and output and passes signals on to it.
 * @returns {Promise<number>} its exit code; that of a shell where a signal ended it
 */
export function runInstead(program, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    // Ctrl-C in a terminal reaches the child by itself, and may not count twice.
    const passOn = (signal) => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, passOn);
    child.on("error", (error) => fail(`${program} could not be started: ${error.message}`));
    child.on("exit", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, passOn);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
