import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ADMIN_OPERATIONS } from "../../../src/admin/routes.ts";
import { COMMANDS } from "../../../src/cli/run.ts";

const DOCS = join(import.meta.dirname, "../../../../docs");

test("docs/admin-api.md names every operation, and none that is not there", async () => {
  const text = await readFile(join(DOCS, "admin-api.md"), "utf8");
  const named = [...text.matchAll(/`((?:GET|POST|PATCH|DELETE) \/tenants[^`]*)`/g)].map(([, call]) => call);
  const there = ADMIN_OPERATIONS.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(named.toSorted()).toEqual(there.toSorted());
});

test("docs/cli.md names every command, and none that is not there", async () => {
  const text = await readFile(join(DOCS, "cli.md"), "utf8");
  const table = text.slice(text.indexOf("| command | what |"));
  const named = table
    .split("\n")
    .slice(2)
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([a-z -]+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
});

test("every command of docs/cli.md's example is one", async () => {
  const text = await readFile(join(DOCS, "cli.md"), "utf8");
  const examples = [...text.matchAll(/^npx parlance (.+)$/gm)].map(([, line = ""]) => line);
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) {
    expect(COMMANDS.filter(({ name }) => example === name || example.startsWith(`${name} `))).not.toEqual([]);
  }
});
