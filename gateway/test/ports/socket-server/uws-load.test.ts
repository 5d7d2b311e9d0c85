import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { loadUws, UwsUnavailable } from "../../../src/adapters/uws/load.ts";
import { expectHeadLimit } from "./head-limit.ts";
import { uwsServesHere } from "./uws-serves-here.ts";

const PROGRAM = fileURLToPath(new URL("./serve-uws.ts", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../../node_modules/.cache/", import.meta.url));

let folder = "";
beforeEach(async () => {
  await mkdir(CACHE, { recursive: true });
  folder = await mkdtemp(join(CACHE, "uws-load-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("loading uWebSockets.js", () => {
  test("a file that is no library is one clear line", async () => {
    const path = join(folder, "broken.node");
    await writeFile(path, "no library");
    expect(() => loadUws(path)).toThrow(UwsUnavailable);
    expect(() => loadUws(path)).toThrow(/^uWebSockets\.js cannot load here: [^\n]+$/);
  });

  test("a file that is not there is one clear line", () => {
    expect(() => loadUws(join(folder, "absent.node"))).toThrow(
      /^uWebSockets\.js cannot load here: [^\n]+absent/,
    );
  });

  if (uwsServesHere()) {
    test("the program serves from its sources, with heads of up to 16 KiB", async () => {
      await expectToServe(PROGRAM);
    });

    test("the program serves from a bundle", async () => {
      const bundle = join(folder, "main.js");
      await build({
        entryPoints: [PROGRAM],
        outfile: bundle,
        bundle: true,
        platform: "node",
        format: "esm",
        logLevel: "silent",
      });
      await expectToServe(bundle);
    });
  }
});

async function expectToServe(program: string): Promise<void> {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [line] = await Promise.race([
    once(child.stdout, "data"),
    exited.then(() => Promise.reject(new Error("the program ended before it listened"))),
  ]);
  await expectHeadLimit(Number(String(line)));
  child.stdin.end();
  expect(await exited).toEqual([0, null]);
}
