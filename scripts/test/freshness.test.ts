import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { buildIfChanged } from "../lib/build/freshness.mjs";
import { ROOT } from "../lib/root.mjs";

describe("building what changed", () => {
  let folder = "";
  let builds = 0;
  const fromRoot = (name: string): string => relative(ROOT, join(folder, name));
  const put = (name: string, content: string): void => writeFileSync(join(folder, name), content);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parlance-build-"));
    builds = 0;
    put("entry.ts", "1");
    put("imported.ts", "1");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const attempt = (entries = ["entry.ts"]): Promise<boolean> =>
    buildIfChanged({
      stamp: join(folder, "stamp.json"),
      entries: entries.map(fromRoot),
      build: async () => {
        builds += 1;
        put("out.js", "built");
        return { inputs: ["entry.ts", "imported.ts"].map(fromRoot), outputs: [fromRoot("out.js")] };
      },
    });

  test("given nothing built yet, it builds; given nothing new since, it does not", async () => {
    expect(await attempt()).toBe(true);
    expect(await attempt()).toBe(false);
    expect(builds).toBe(1);
  });

  test("given the same content written again, it does not build", async () => {
    await attempt();
    put("imported.ts", "1");
    expect(await attempt()).toBe(false);
  });

  test("given a change in a file that an entry imports, it builds", async () => {
    await attempt();
    put("imported.ts", "2");
    expect(await attempt()).toBe(true);
  });

  test("given an output that is gone, it builds", async () => {
    await attempt();
    rmSync(join(folder, "out.js"));
    expect(await attempt()).toBe(true);
  });

  test("given another entry point, it builds", async () => {
    await attempt();
    put("page.html", "<p>");
    expect(await attempt(["entry.ts", "page.html"])).toBe(true);
  });

  test("given a file that went into it and is gone, it builds", async () => {
    await attempt();
    rmSync(join(folder, "imported.ts"));
    expect(await attempt()).toBe(true);
  });
});
