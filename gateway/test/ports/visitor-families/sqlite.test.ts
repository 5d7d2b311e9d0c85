import { expect, test } from "@jest/globals";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteVisitorFamilies } from "../../../src/adapters/sqlite/visitor-families.ts";
import { scopeOf } from "../support/scopes.ts";
import { family, visitorFamiliesSuite } from "./suite.ts";

visitorFamiliesSuite(async () => {
  const database = await openSqlite(":memory:");
  return { families: createSqliteVisitorFamilies(database), close: () => database.close() };
});

test("SQLite forgets what expired, oldest first and at most so many at once", async () => {
  const database = await openSqlite(":memory:");
  const families = createSqliteVisitorFamilies(database);
  const mine = families.forTenant(scopeOf("acme", "user").tenant);
  for (const number of [3, 1, 2, 4]) await mine.put(`anon_${number}`, family({ expiresAt: number * 1_000 }));
  expect(await families.forgetExpired(3_500, 2)).toBe(2);
  expect(await Promise.all([1, 2, 3, 4].map((number) => mine.get(`anon_${number}`)))).toEqual([
    null,
    null,
    expect.anything(),
    expect.anything(),
  ]);
  expect(await families.forgetExpired(3_500, 2)).toBe(1);
  expect(await families.forgetExpired(3_500, 2)).toBe(0);
  await database.close();
});
