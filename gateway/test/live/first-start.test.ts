import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createSystemRandomness } from "../../src/adapters/system/randomness.ts";
import { readConfig } from "../../src/config.ts";
import { resolveSecrets } from "../../src/development-secrets.ts";

describe("a first start in development", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-first-start-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("of several processes at once gives all of them the same secrets, kept for their owner alone", async () => {
    const config = readConfig({ DATA_DIR: join(folder, "data") });
    const start = () => resolveSecrets(config, createSystemRandomness());
    const all = await Promise.all(Array.from({ length: 8 }, start));
    const again = await start();
    expect(again.adminKeyIsNew).toBe(false);
    for (const { secret, adminKey } of all) {
      expect({ secret, adminKey }).toEqual({ secret: again.secret, adminKey: again.adminKey });
    }
    expect(await readdir(config.dataDirectory)).toEqual(["development-secrets.json"]);
    expect((await stat(join(config.dataDirectory, "development-secrets.json"))).mode & 0o077).toBe(0);
  });
});
