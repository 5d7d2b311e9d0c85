import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { rootPath } from "../lib/root.mjs";
import { BINARY_NAME, glibcVersion, needsCopy, prepareUWebSockets } from "../lib/uwebsockets.mjs";

/** The binary that these tests work with, on whatever machine they run: the package holds all of them. */
const NAME = "uws_linux_x64_137";

describe("making uWebSockets.js load on an older glibc", () => {
  let modules = "";
  const original = () => join(modules, "uWebSockets.js", `${NAME}.node`);

  beforeEach(() => {
    modules = mkdtempSync(join(tmpdir(), "parlance-uws-"));
    mkdirSync(join(modules, "uWebSockets.js"));
    copyFileSync(rootPath("node_modules", "uWebSockets.js", `${NAME}.node`), original());
  });
  afterEach(() => rmSync(modules, { recursive: true, force: true }));

  test.each(["2.36", "2.37"])(
    "given glibc %s, a copy that needs no 2.38 stands where the gateway looks",
    (glibc) => {
      const before = readFileSync(original());
      const copy = prepareUWebSockets({ modules, glibc, name: NAME });
      expect(copy).toBe(join(modules, ".parlance", "uwebsockets", `${NAME}.node`));
      expect(readFileSync(copy ?? "").includes("GLIBC_2.36")).toBe(true);
      expect(readFileSync(original()).equals(before)).toBe(true);
    },
  );

  test.each([undefined, "2.34", "2.38", "2.41"])("given glibc %s, nothing is made", (glibc) => {
    expect(prepareUWebSockets({ modules, glibc, name: NAME })).toBeUndefined();
    expect(existsSync(join(modules, ".parlance"))).toBe(false);
  });

  test("given a copy that is right, it is not written again; given a spoilt one, it is", () => {
    const copy = prepareUWebSockets({ modules, glibc: "2.36", name: NAME }) ?? "";
    const first = statSync(copy, { bigint: true });
    const content = readFileSync(copy);
    prepareUWebSockets({ modules, glibc: "2.36", name: NAME });
    expect(statSync(copy, { bigint: true }).ino).toBe(first.ino);
    expect(statSync(copy, { bigint: true }).mtimeNs).toBe(first.mtimeNs);

    writeFileSync(copy, "half a file");
    prepareUWebSockets({ modules, glibc: "2.36", name: NAME });
    expect(readFileSync(copy).equals(content)).toBe(true);
  });

  test("given a binary with another hash, it is refused and nothing is written", () => {
    appendFileSync(original(), "\0");
    expect(() => prepareUWebSockets({ modules, glibc: "2.36", name: NAME })).toThrow(
      /not the binary Parlance knows/,
    );
    expect(existsSync(join(modules, ".parlance"))).toBe(false);
  });

  test("given a Node nobody has pinned a binary for, it is refused", () => {
    expect(() => prepareUWebSockets({ modules, glibc: "2.36", name: "uws_linux_x64_999" })).toThrow(
      /no binary/,
    );
  });

  test("given no uWebSockets.js, the error says so", () => {
    rmSync(original());
    expect(() => prepareUWebSockets({ modules, glibc: "2.36", name: NAME })).toThrow(/not installed/);
  });

  test("given this machine, what is made for it loads in a process of its own", () => {
    const copy = needsCopy(glibcVersion()) ? prepareUWebSockets() : undefined;
    const wanted =
      copy ?? (process.platform === "linux" && glibcVersion() === undefined ? undefined : "uWebSockets.js");
    // musl has no binary at all; there the gateway serves on ws.
    if (wanted === undefined) return expect(BINARY_NAME).toMatch(/^uws_linux_/);
    const loaded = spawnSync(process.execPath, ["-p", `typeof require(${JSON.stringify(wanted)}).App`], {
      cwd: rootPath("gateway"),
      encoding: "utf8",
    });
    expect(loaded.stderr).toBe("");
    expect(loaded.stdout.trim()).toBe("function");
  });
});
