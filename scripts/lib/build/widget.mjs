import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { build } from "esbuild";
import { ROOT, rootPath } from "../root.mjs";
import { hashOf, readJsonIfThere, writeCompressed, writeWhole } from "./files.mjs";
import { buildIfChanged } from "./freshness.mjs";

/** Where the built widget stands, from the root. */
export const WIDGET_OUT = "widget/dist";
/** The loader that pages embed, the panel it loads, and the element for pages that would rather have that. */
export const LOADER = "widget/src/loader.ts";
export const PANEL = "widget/src/panel.tsx";
const ELEMENT = "widget/src/element-tag.ts";

const CHUNKS = join(WIDGET_OUT, "chunks");
const browser = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  platform: "browser",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};
const production = { "process.env.NODE_ENV": '"production"' };

/**
 * Builds `widget/dist`:
 *   widget.js          the loader, a classic script that even old browsers can read
 *   chunks/<hash>.js   the panel and what it loads later, and the element, ES modules, for browsers with
 *                      constructable style sheets
 *   *.gz, *.br         each of them, compressed
 *   manifest.json      `{loader: {file, etag}, entry, current: [file], chunks: [file]}`; `chunks` is all that may
 *                      be asked for: the current build's and the former's, for pages that still run the former
 *   metafile.json      esbuild's account of both bundles, for `npm run size`
 * @returns whether anything changed
 */
export async function buildWidget() {
  if (![LOADER, PANEL, ELEMENT].every((path) => existsSync(rootPath(path)))) return false;
  return buildIfChanged({
    stamp: rootPath(WIDGET_OUT, ".built.json"),
    entries: [LOADER, PANEL, ELEMENT],
    build: buildAll,
  });
}

async function buildAll() {
  const panel = await build({
    ...browser,
    entryPoints: { panel: PANEL },
    outdir: CHUNKS,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    splitting: true,
    format: "esm",
    target: "es2022",
    define: production,
  });
  const entry = entryOf(panel.metafile, PANEL);
  const element = await build({
    ...browser,
    entryPoints: { element: ELEMENT },
    outdir: CHUNKS,
    entryNames: "[name]-[hash]",
    format: "esm",
    target: "es2022",
    define: production,
    plugins: [panelAt(`./${basename(entry)}`)],
  });
  const loader = await build({
    ...browser,
    entryPoints: { widget: LOADER },
    outdir: WIDGET_OUT,
    format: "iife",
    target: "es2020",
    define: {
      ...production,
      __PANEL_CHUNK__: JSON.stringify(basename(entry)),
      __ELEMENT_CHUNK__: JSON.stringify(basename(entryOf(element.metafile, ELEMENT))),
    },
  });

  const chunks = [...panel.outputFiles, ...element.outputFiles];
  const files = [...chunks, ...loader.outputFiles];
  const chunkNames = chunks.map(({ path }) => basename(path)).sort();
  const former = formerChunks(chunkNames);
  await Promise.all(files.map(({ path, contents }) => writeCompressed(path, contents)));
  const [script] = loader.outputFiles;
  const manifest = {
    loader: { file: basename(script.path), etag: `"${hashOf(script.contents).slice(0, 32)}"` },
    entry: basename(entry),
    current: chunkNames,
    chunks: [...chunkNames, ...former],
  };
  writeWhole(
    rootPath(WIDGET_OUT, "metafile.json"),
    JSON.stringify({ panel: panel.metafile, loader: loader.metafile }),
  );
  writeWhole(rootPath(WIDGET_OUT, "manifest.json"), JSON.stringify(manifest, undefined, 2));
  removeOtherChunks(manifest.chunks);
  const written = files.flatMap(({ path }) => [path, `${path}.gz`, `${path}.br`]);
  return {
    inputs: [panel, element, loader].flatMap(({ metafile }) => Object.keys(metafile.inputs)),
    outputs: [...written.map((path) => relative(ROOT, path)), join(WIDGET_OUT, "manifest.json")],
  };
}

/** Lets a bundle load the panel that was built already, in place of one of its own. */
function panelAt(path) {
  return {
    name: "panel",
    setup({ onResolve }) {
      onResolve({ filter: /\/panel\.tsx$/ }, () => ({ path, external: true }));
    },
  };
}

/** The output file made from an entry point. */
export function entryOf(metafile, source) {
  const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === source);
  if (!found) throw new Error(`esbuild made nothing of ${source}`);
  return found[0];
}

/** What the last build made and this one does not; where this one makes the same, the former stays the former. */
function formerChunks(chunkNames) {
  const last = readJsonIfThere(rootPath(WIDGET_OUT, "manifest.json"));
  if (!last) return [];
  const same = last.current.join() === chunkNames.join();
  const kept = same ? last.chunks : last.current;
  return kept.filter((name) => !chunkNames.includes(name) && existsSync(rootPath(CHUNKS, name)));
}

function removeOtherChunks(kept) {
  for (const name of readdirSync(rootPath(CHUNKS))) {
    if (!kept.includes(name.replace(/\.(gz|br)$/, ""))) rmSync(rootPath(CHUNKS, name));
  }
}
