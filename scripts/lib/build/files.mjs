import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** SHA-256 of bytes or text, in hex. */
export function hashOf(content) {
  return createHash("sha256").update(content).digest("hex");
}

/** Writes a file in one step, so that a gateway that serves it meanwhile never reads half of it. */
export function writeWhole(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}

/** Writes a file with its siblings `.gz` (level 9) and `.br` (level 11). */
export async function writeCompressed(path, content) {
  const [gzipped, brotli] = await Promise.all([
    promisify(gzip)(content, { level: 9 }),
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  ]);
  writeWhole(`${path}.gz`, gzipped);
  writeWhole(`${path}.br`, brotli);
  writeWhole(path, content);
}

/** The JSON in a file, or undefined where there is no such file. */
export function readJsonIfThere(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
