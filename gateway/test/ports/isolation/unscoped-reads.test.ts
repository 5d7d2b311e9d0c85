import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { rootPath } from "../../../../scripts/lib/root.mjs";

const PROJECT = rootPath("gateway", "test", "types");

/** `file:line code`, as the programs themselves want it. */
function wanted(): string[] {
  const programs = readdirSync(PROJECT).filter((name) => name.endsWith(".ts"));
  return programs.flatMap((name) =>
    readFileSync(join(PROJECT, name), "utf8")
      .split("\n")
      .flatMap((line, index) => {
        const code = /\/\/ refused: (TS\d+)$/.exec(line)?.[1];
        return code === undefined ? [] : [`${name}:${index + 1} ${code}`];
      }),
  );
}

test("a read that has no tenant in hand does not compile, and says so at its line", () => {
  const tsc = spawnSync(rootPath("node_modules", ".bin", "tsc"), ["-p", ".", "--pretty", "false"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  const found = tsc.stdout.matchAll(/^([^\s(]+)\((\d+),\d+\): error (TS\d+):/gm);
  expect([...found].map(([, file, line, code]) => `${file}:${line} ${code}`)).toEqual(wanted());
  expect(wanted().length).toBeGreaterThan(20);
  expect(tsc.status).not.toBe(0);
}, 60_000);
