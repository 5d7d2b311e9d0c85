import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rootPath } from "../lib/root.mjs";

/** A file of one line. */
interface Case {
  readonly file: string;
  readonly line: string;
}

const REFUSED: readonly Case[] = [
  { file: "shared-protocol/src/a.ts", line: 'import "@parlance/widget";' },
  { file: "shared-protocol/src/a.ts", line: 'import "../../gateway/src/ports/scope.ts";' },
  { file: "gateway/src/ports/a.ts", line: 'import "zod";' },
  { file: "gateway/src/ports/a.ts", line: 'import "../llm/models.ts";' },
  { file: "gateway/src/pipeline/a.ts", line: 'import "../adapters/redis/keys.ts";' },
  { file: "gateway/src/pipeline/a.ts", line: 'import "../compose.ts";' },
  { file: "gateway/src/pipeline/a.ts", line: 'import "../transport/admission.ts";' },
  { file: "gateway/src/transport/a.ts", line: 'import "../adapters/ws/server.ts";' },
  { file: "gateway/src/transport/routes/a.ts", line: 'import "../../adapters/ws/server.ts";' },
  { file: "gateway/src/delivery/a.ts", line: 'import "../pipeline/pipeline.ts";' },
  { file: "gateway/src/history/a.ts", line: 'import "../delivery/live-reply.ts";' },
  { file: "gateway/src/tenants/deeper/a.ts", line: 'import "../../llm/models.ts";' },
  { file: "gateway/src/compliance/a.ts", line: 'import "../adapters/sqlite/records.ts";' },
  { file: "gateway/src/compliance/a.ts", line: 'import "../delivery/live-replies.ts";' },
  { file: "gateway/src/history/a.ts", line: 'import "../compliance/erase-user.ts";' },
  { file: "gateway/src/admin/a.ts", line: 'import "../adapters/sqlite/database.ts";' },
  { file: "gateway/src/adapters/redis/a.ts", line: 'import "../memory/limiter.ts";' },
  { file: "gateway/src/adapters/redis/a.ts", line: 'import "../../tenants/tokens.ts";' },
  { file: "gateway/src/adapters/redis/deeper/a.ts", line: 'import "../../memory/limiter.ts";' },
  { file: "gateway/src/llm/a.ts", line: "export const key = process.env.KEY;" },
  { file: "widget/src/a.ts", line: 'import { decode } from "@parlance/protocol"; decode();' },
  {
    file: "widget/src/a.ts",
    line: 'import { type Frame, decode } from "@parlance/protocol"; decode() as Frame;',
  },
  { file: "widget/src/a.ts", line: 'export * from "@parlance/protocol";' },
  { file: "widget/src/client/a.ts", line: 'import "../state/store.ts";' },
  { file: "widget/src/client/a.ts", line: 'import "preact";' },
  { file: "widget/src/state/a.ts", line: 'import "../components/Panel.tsx";' },
  { file: "widget/src/components/a.ts", line: 'import "../client/index.ts";' },
];

const ALLOWED: readonly Case[] = [
  { file: "shared-protocol/src/a.ts", line: 'import "./ids.ts";' },
  { file: "gateway/src/ports/a.ts", line: 'import "@parlance/protocol";' },
  { file: "gateway/src/ports/a.ts", line: 'import "./scope.ts";' },
  { file: "gateway/src/pipeline/a.ts", line: 'import "../delivery/live-reply.ts";' },
  { file: "gateway/src/transport/routes/a.ts", line: 'import "../admission.ts";' },
  { file: "gateway/src/history/a.ts", line: 'import "../ports/archive.ts";' },
  { file: "gateway/src/compliance/a.ts", line: 'import "../ports/records.ts";' },
  { file: "gateway/src/tenants/deeper/a.ts", line: 'import "../tokens.ts";' },
  { file: "gateway/src/adapters/redis/a.ts", line: 'import "../../ports/limiter.ts";' },
  { file: "gateway/src/adapters/redis/deeper/a.ts", line: 'import "../keys.ts";' },
  { file: "gateway/src/compose.ts", line: 'import "./adapters/redis/keys.ts";' },
  { file: "gateway/src/config.ts", line: "export const key = process.env.KEY;" },
  {
    file: "widget/src/a.ts",
    line: 'import type { Frame } from "@parlance/protocol"; export type Mine = Frame;',
  },
  { file: "widget/src/a.ts", line: 'import { PROTOCOL } from "@parlance/protocol/constants"; PROTOCOL;' },
  {
    file: "widget/src/components/a.ts",
    line: 'import type { Client } from "../client/types.ts"; export type Mine = Client;',
  },
];

/** The rules that say who may import whom. */
const RULES = ["lint/style/noRestrictedImports", "lint/style/noProcessEnv", "plugin"];

describe("who may import whom", () => {
  const folder = mkdtempSync(join(tmpdir(), "parlance-rules-"));
  const cases = [...REFUSED, ...ALLOWED].map((given, index) => ({
    ...given,
    allowed: index >= REFUSED.length,
    /** Cases of one folder may not overwrite each other; a file that a rule names keeps its name. */
    path: given.file.replace(/\/a\.ts$/, `/case-${index}.ts`),
  }));
  const refused = new Set<string>();

  beforeAll(() => {
    for (const path of ["biome.json", ".gitignore", "scripts/lint/protocol-types-only.grit"]) {
      put(path, readFileSync(rootPath(path), "utf8"));
    }
    for (const { path, line } of cases) put(path, `${line}\n`);
    const biome = rootPath("node_modules", ".bin", "biome");
    const linted = spawnSync(biome, ["lint", "--reporter=json", "--max-diagnostics=none", "."], {
      cwd: folder,
      encoding: "utf8",
    });
    if (linted.error) throw linted.error;
    for (const { category, location } of JSON.parse(linted.stdout).diagnostics) {
      if (RULES.includes(category)) refused.add(relative(folder, resolve(folder, location.path)));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(cases.filter((given) => !given.allowed))("given $file, refuses $line", ({ path }) => {
    expect(refused).toContain(path);
  });

  test.each(cases.filter((given) => given.allowed))("given $file, allows $line", ({ path }) => {
    expect(refused).not.toContain(path);
  });

  function put(path: string, content: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
});
