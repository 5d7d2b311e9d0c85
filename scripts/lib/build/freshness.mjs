import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version as esbuildVersion } from "esbuild";
import { rootPath } from "../root.mjs";
import { hashOf, readJsonIfThere, writeWhole } from "./files.mjs";

/**
 * Builds a part of the product unless it stands built from the very same inputs: every file that went into it
 * the last time, the build's own code, and which entry points there are. Contents count, times do not.
 * @param {object} part
 * @param {string} part.stamp file that remembers what the part was built from
 * @param {string[]} part.entries entry points and other files it starts from, from the root
 * @param {() => Promise<{inputs: string[], outputs: string[]}>} part.build builds it; paths from the root
 * @returns {Promise<boolean>} whether it had to be built
 */
export async function buildIfChanged({ stamp, entries, build }) {
  const last = readJsonIfThere(stamp);
  if (last?.outputs.every((path) => existsSync(rootPath(path)))) {
    if (last.hash === fingerprint(entries, last.inputs)) return false;
  }
  const { inputs, outputs } = await build();
  writeWhole(stamp, JSON.stringify({ hash: fingerprint(entries, inputs), inputs, outputs }));
  return true;
}

function fingerprint(entries, inputs) {
  const ownCode = readdirSync(rootPath("scripts", "lib", "build")).map((name) =>
    join("scripts", "lib", "build", name),
  );
  const files = new Set([...entries, ...inputs, ...ownCode]);
  return hashOf([esbuildVersion, ...Array.from(files, (path) => `${path} ${contentHash(path)}`)].join("\n"));
}

function contentHash(path) {
  const absolute = rootPath(path);
  return existsSync(absolute) ? hashOf(readFileSync(absolute)) : "absent";
}
