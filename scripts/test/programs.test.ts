import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ensurePrograms, findProgram } from "../lib/programs.mjs";

const BROWSER = {
  name: "Browser",
  overrides: ["A_BROWSER", "ANOTHER_BROWSER"],
  candidates: ["browser", "browser-stable"],
  packages: ["browser", "fonts"],
  brew: "brew install browser",
};

describe("programs that the tests need", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parlance-programs-"));
    path = `/nowhere:${folder}`;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, mode = 0o755): string {
    const file = join(folder, name);
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, mode);
    return file;
  }

  test("given one on PATH, under whichever of its names, it is found", () => {
    const file = program("browser-stable");
    expect(findProgram(BROWSER, { PATH: path })).toBe(file);
    expect(findProgram(BROWSER, { PATH: "/nowhere" })).toBeUndefined();
  });

  test("given a variable that names it, that one is taken before what is on PATH", () => {
    program("browser");
    const own = program("my-own");
    expect(findProgram(BROWSER, { PATH: path, ANOTHER_BROWSER: own })).toBe(own);
  });

  test("given a variable that names nothing that runs, nothing else is taken in its place", () => {
    program("browser");
    expect(findProgram(BROWSER, { PATH: path, A_BROWSER: program("no-program", 0o644) })).toBeUndefined();
  });

  test("given all of them, nothing is installed", () => {
    const file = program("browser");
    const install = (): boolean => {
      throw new Error("there is nothing to install");
    };
    expect(ensurePrograms([BROWSER], { env: { PATH: path }, install })).toEqual([file]);
  });

  test("given one that is missing, it is installed and found", () => {
    const asked: string[][] = [];
    const install = (packages: string[]): boolean => {
      asked.push(packages);
      program("browser");
      return true;
    };
    expect(ensurePrograms([BROWSER], { env: { PATH: path }, install })).toEqual([join(folder, "browser")]);
    expect(asked).toEqual([["browser", "fonts"]]);
  });

  test("given one that is missing and cannot be installed, one line says how to bring it", () => {
    const attempt = () => ensurePrograms([BROWSER], { env: { PATH: path }, install: () => false });
    expect(attempt).toThrow(/^the tests need Browser: .*install.* browser.*A_BROWSER\)$/);
  });
});
