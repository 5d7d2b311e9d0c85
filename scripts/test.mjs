import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap, runInstead } from "./lib/bootstrap.mjs";
import { fail } from "./lib/fail.mjs";
import { rootPath } from "./lib/root.mjs";

/**
 * `npm test`: installs and builds if needed, finds the programs that the tests start, runs all of Jest's
 * projects, and ends with the socket server that ran and `N passed, N failed`. What follows `--` goes to Jest:
 * `npm test -- --selectProjects unit`.
 */
await bootstrap(import.meta.url);
const { CHROMIUM, FIREFOX, REDIS, ensurePrograms } = await import("./lib/programs.mjs");
const { buildOrFail } = await import("./lib/build/index.mjs");
const { probeSocketServer } = await import("./lib/uwebsockets.mjs");

const [chromium, firefox, redis] = orFail(() => ensurePrograms([CHROMIUM, FIREFOX, REDIS]));
await buildOrFail();
const socketServer = probeSocketServer();

const folder = mkdtempSync(join(tmpdir(), "parlance-test-"));
const summaryFile = join(folder, "summary.json");
const exitCode = await runInstead(
  process.execPath,
  [
    rootPath("node_modules", "jest", "bin", "jest.js"),
    "--config",
    rootPath("jest.config.mjs"),
    ...process.argv.slice(2),
  ],
  {
    ...process.env,
    NODE_ENV: "test",
    NODE_OPTIONS: [
      process.env.NODE_OPTIONS,
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
    ]
      .filter(Boolean)
      .join(" "),
    CHROMIUM_PATH: chromium,
    FIREFOX_PATH: firefox,
    REDIS_SERVER_PATH: redis,
    PARLANCE_TEST_SUMMARY: summaryFile,
  },
);
const summary = readSummary();
rmSync(folder, { recursive: true, force: true });

const broken = socketServer.expected && socketServer.name !== "uWebSockets.js";
if (broken) {
  process.stderr.write(
    `parlance: uWebSockets.js has to load on this machine and does not: ${socketServer.reason}\n`,
  );
}
const failed = summary.failed + (broken ? 1 : 0);
// Jest can fail where no test did: no test found, a handle left open, a crash.
const unexplained = exitCode !== 0 && failed === 0 ? 1 : 0;
if (unexplained) process.stderr.write(`parlance: Jest ended with code ${exitCode}\n`);
const reason = socketServer.reason ? ` (${socketServer.reason})` : "";
process.stdout.write(`Socket server: ${socketServer.name}${reason}\n`);
process.stdout.write(`${summary.passed} passed, ${failed + unexplained} failed\n`);
process.exit(failed + unexplained > 0 ? exitCode || 1 : 0);

function readSummary() {
  try {
    return JSON.parse(readFileSync(summaryFile, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return { passed: 0, failed: 0 };
    throw error;
  }
}

function orFail(action) {
  try {
    return action();
  } catch (error) {
    return fail(error.message);
  }
}
