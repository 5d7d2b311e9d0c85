import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../gateway/src/config.ts";
import { rootPath } from "../lib/root.mjs";

/** Seconds that ending takes after the time that replies have, at most. */
const ENDING = 10;

test("the container is given more time to end than replies have to finish", async () => {
  const compose = await readFile(rootPath("compose.yaml"), "utf8");
  const grace = Number(/^ +stop_grace_period: (\d+)s$/m.exec(compose)?.[1]);
  expect(grace).toBeGreaterThanOrEqual(readConfig({}).drainSeconds + ENDING);
});
