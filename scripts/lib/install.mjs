import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fail } from "./fail.mjs";
import { rootPath } from "./root.mjs";

/**
 * Installs what package-lock.json names, where that is not what is installed. Runs under any Node from 18 on,
 * with nothing installed; costs some milliseconds where there is nothing to do.
 */
export function ensureInstalled() {
  const lock = readFileSync(rootPath("package-lock.json"));
  const stamp = rootPath("node_modules", ".parlance", "installed-lock");
  const hash = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  if (!isInstalled(JSON.parse(lock.toString()), readInstalledLock())) {
    process.stderr.write("Installing what package-lock.json names ...\n");
    npmCi();
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

/**
 * Whether npm's own record of what it installed has all that the lockfile wants. Optional packages may be
 * missing: most of them are for other machines.
 * @param {{packages: Record<string, {version?: string, integrity?: string, optional?: boolean}>}} lock
 * @param {typeof lock | undefined} installed the content of node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  if (!installed) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed.packages[path];
    if (!found) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function readInstalledLock() {
  try {
    return JSON.parse(readFileSync(rootPath("node_modules", ".package-lock.json"), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function npmCi() {
  // Under npm, the npm that runs us, on the Node it runs on: ours may be inside of what npm is about to replace.
  const cli = process.env.npm_execpath;
  const ownNpm = cli?.endsWith(".js") && existsSync(cli);
  const program = ownNpm ? (process.env.npm_node_execpath ?? process.execPath) : "npm";
  const args = [
    ...(ownNpm ? [cli] : []),
    "ci",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const ended = spawnSync(program, args, {
    cwd: rootPath(),
    // Standard output stays ours: the last lines of a command are what others read.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (ended.error) fail(`npm could not be started (${ended.error.message}); it comes with Node`);
  if (ended.status !== 0) fail("npm ci failed, see above; nothing was started");
}
