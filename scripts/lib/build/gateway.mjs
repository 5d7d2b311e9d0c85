import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { rootPath } from "../root.mjs";
import { writeWhole } from "./files.mjs";
import { buildIfChanged } from "./freshness.mjs";

const OUT = "gateway/dist";
const PROGRAMS = {
  main: "gateway/src/main.ts",
  "sqlite-worker": "gateway/src/adapters/sqlite/worker.ts",
  parlance: "gateway/src/cli/run.ts",
};
/** Pages the gateway serves: `gateway/<page>/<page>.ts` or `.tsx` is built, what else lies there is copied. */
const PAGES = ["demo", "console"];
const SOURCE = /\.tsx?$|^README\.md$/;

/** Our own packages are bundled in; those of npm stay where npm put them. */
const npmPackagesOutside = {
  name: "npm-packages-outside",
  setup(building) {
    building.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@parlance/") ? undefined : { path, external: true },
    );
  },
};

/** Builds `gateway/dist`: the programs for Node, and the pages for browsers. @returns whether anything changed */
export async function buildGateway() {
  const programs = Object.entries(PROGRAMS).filter(([, source]) => existsSync(rootPath(source)));
  const changes = [await buildPrograms(Object.fromEntries(programs))];
  for (const page of PAGES) {
    if (existsSync(rootPath("gateway", page))) changes.push(await buildPage(page));
  }
  return changes.includes(true);
}

function buildPrograms(programs) {
  return buildIfChanged({
    stamp: rootPath(OUT, ".built-programs.json"),
    entries: Object.values(programs),
    build: async () => {
      const { metafile, outputFiles } = await build({
        absWorkingDir: rootPath(),
        entryPoints: programs,
        outdir: OUT,
        bundle: true,
        write: false,
        metafile: true,
        platform: "node",
        format: "esm",
        target: "node22",
        keepNames: true,
        sourcemap: "linked",
        plugins: [npmPackagesOutside],
        logLevel: "warning",
      });
      for (const { path, contents } of outputFiles) writeWhole(path, contents);
      return { inputs: Object.keys(metafile.inputs), outputs: Object.keys(metafile.outputs) };
    },
  });
}

function buildPage(page) {
  const folder = join("gateway", page);
  const out = join(OUT, page);
  const files = readdirSync(rootPath(folder), { withFileTypes: true })
    .filter((file) => file.isFile() && !SOURCE.test(file.name))
    .map((file) => file.name);
  const scripts = [`${page}.ts`, `${page}.tsx`].map((name) => join(folder, name));
  const entryPoints = scripts.filter((path) => existsSync(rootPath(path)));
  return buildIfChanged({
    stamp: rootPath(out, ".built.json"),
    entries: [...entryPoints, ...files.map((name) => join(folder, name))],
    build: async () => {
      const { metafile, outputFiles } = await build({
        absWorkingDir: rootPath(),
        entryPoints,
        outdir: out,
        bundle: true,
        write: false,
        metafile: true,
        minify: true,
        platform: "browser",
        format: "iife",
        target: "es2022",
        jsx: "automatic",
        jsxImportSource: "preact",
        define: { "process.env.NODE_ENV": '"production"' },
        logLevel: "warning",
      });
      for (const { path, contents } of outputFiles) writeWhole(path, contents);
      for (const name of files) writeWhole(rootPath(out, name), readFileSync(rootPath(folder, name)));
      return {
        inputs: Object.keys(metafile.inputs),
        outputs: [...Object.keys(metafile.outputs), ...files.map((name) => join(out, name))],
      };
    },
  });
}
