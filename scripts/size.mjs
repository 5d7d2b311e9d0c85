import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { bootstrap } from "./lib/bootstrap.mjs";
import { rootPath } from "./lib/root.mjs";

/** `npm run size`: what a visitor's browser loads, gzipped, against what it may be. */
await bootstrap(import.meta.url);
const { buildOrFail } = await import("./lib/build/index.mjs");
const { filesOfFirstAnswer } = await import("./lib/build/size.mjs");

const KB = 1024;
await buildOrFail();
const files = filesOfFirstAnswer(
  JSON.parse(readFileSync(rootPath("widget", "dist", "metafile.json"), "utf8")),
);
const sizes = files.map((path) => gzipSync(readFileSync(rootPath(path)), { level: 9 }).length);

const rows = [
  { what: "loader", bytes: sizes[0], limit: 2 * KB },
  { what: "all until the first answer", bytes: sizes.reduce((sum, size) => sum + size, 0), limit: 45 * KB },
];
for (const [index, path] of files.entries())
  process.stdout.write(`${format(sizes[index])}  ${path}
`);
for (const { what, bytes, limit } of rows) {
  process.stdout.write(
    `${format(bytes)} of ${format(limit)}  ${what}${bytes > limit ? "  TOO LARGE" : ""}\n`,
  );
}
process.exit(rows.some(({ bytes, limit }) => bytes > limit) ? 1 : 0);

function format(bytes) {
  return `${(bytes / KB).toFixed(2)} KB`.padStart(9);
}
