import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/**
 * Programs that the tests need and npm does not bring.
 * @typedef {object} Program
 * @property {string} name as people say it
 * @property {string[]} overrides environment variables that may name it
 * @property {string[]} candidates names on PATH, and paths, in order
 * @property {string[]} packages what apt-get installs for it
 * @property {string} brew how Homebrew installs it
 */

/** @type {Program} */
export const REDIS = {
  name: "redis-server",
  overrides: ["PARLANCE_REDIS_SERVER"],
  candidates: [
    "redis-server",
    "/opt/homebrew/bin/redis-server",
    "/usr/local/bin/redis-server",
    "valkey-server",
  ],
  packages: ["redis-server"],
  brew: "brew install redis",
};

/** @type {Program} */
export const CHROMIUM = {
  name: "Chromium or Chrome",
  overrides: ["PARLANCE_CHROMIUM", "CHROME_PATH"],
  candidates: [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  // Without any font a page has no text to look at.
  packages: ["chromium", "fonts-liberation"],
  brew: "brew install --cask google-chrome",
};

/** @type {Program} */
export const FIREFOX = {
  name: "Firefox",
  overrides: ["PARLANCE_FIREFOX"],
  candidates: ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
  packages: ["firefox-esr"],
  brew: "brew install --cask firefox",
};

/**
 * The path of each program, in order; those that are missing are installed where apt-get can.
 * @param {Program[]} programs
 * @param {{env?: NodeJS.ProcessEnv, install?: (packages: string[]) => boolean}} [machine]
 * @returns {string[]}
 * @throws with the one line that says what to install, where a program is missing and stays so
 */
export function ensurePrograms(programs, { env = process.env, install = aptInstall } = {}) {
  const missing = programs.filter((program) => !findProgram(program, env));
  if (missing.length > 0) install(missing.flatMap((program) => program.packages));
  const lacking = programs.filter((program) => !findProgram(program, env));
  if (lacking.length > 0) throw new Error(installLine(lacking));
  return programs.map((program) => findProgram(program, env));
}

/** Where a program is, or undefined. What an environment variable names counts, even where it is wrong. */
export function findProgram({ overrides, candidates }, env = process.env) {
  const named = overrides.map((name) => env[name]).find(Boolean);
  for (const candidate of named ? [named] : candidates) {
    const places = isAbsolute(candidate) ? [candidate] : onPath(candidate, env);
    const found = places.find(isExecutable);
    if (found) return found;
  }
  return undefined;
}

/** One line a person can follow. */
export function installLine(lacking) {
  const names = lacking.map((program) => program.name).join(" and ");
  const command =
    process.platform === "darwin"
      ? lacking.map((program) => program.brew).join(" && ")
      : `sudo apt-get install -y --no-install-recommends ${lacking.flatMap((program) => program.packages).join(" ")}`;
  const variables = lacking.map((program) => program.overrides[0]).join(", ");
  return `the tests need ${names}: ${command} (or name the program by ${variables})`;
}

function onPath(name, env) {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns {boolean} whether apt-get could be asked and did as asked */
function aptInstall(packages) {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  process.stderr.write(`Installing ${packages.join(", ")} with apt-get ...\n`);
  const apt = (...args) =>
    spawnSync("apt-get", args, {
      // Its progress is no output of ours: the last lines of a command are what others read.
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  const bring = () => apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  return bring() || (apt("update", "-qq") && bring());
}
