#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pinned = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
const sources = new URL("../src/cli/run.ts", import.meta.url);
const built = new URL("../dist/parlance.js", import.meta.url);

// In a clone the sources run as they are, under a Node that strips types; an older one hands over to the pinned one.
// An image holds what was built, and no sources.
const fromSources = existsSync(sources);
if (fromSources && !process.features.typescript && existsSync(pinned) && process.execPath !== pinned) {
  const { status } = spawnSync(pinned, process.argv.slice(1), { stdio: "inherit" });
  process.exit(status ?? 1);
}
if (existsSync(".env")) process.loadEnvFile(".env");
const { run } = await import(fromSources ? sources : built);
process.exitCode = await run({
  args: process.argv.slice(2),
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
