import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { transform, transformSync, version } from "esbuild";

/** Jest's transform for TypeScript: esbuild takes the types away, modules stay ES modules. */

const ownSource = readFileSync(new URL(import.meta.url), "utf8");

function optionsFor(file) {
  return {
    loader: file.endsWith("x") ? "tsx" : "ts",
    format: "esm",
    target: "node22",
    sourcemap: "inline",
    sourcefile: file,
    jsx: "automatic",
    jsxImportSource: "preact",
  };
}

export default {
  getCacheKey(source, file, { configString }) {
    const hash = createHash("sha256");
    for (const part of [version, ownSource, configString, file, source]) hash.update(part).update("\0");
    return hash.digest("hex");
  },
  process(source, file) {
    return transformSync(source, optionsFor(file));
  },
  processAsync(source, file) {
    return transform(source, optionsFor(file));
  },
};
