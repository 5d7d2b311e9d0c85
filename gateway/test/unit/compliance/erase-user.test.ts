import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRecords } from "../../../src/adapters/sqlite/records.ts";
import { createSystemClock } from "../../../src/adapters/system/clock.ts";
import { type EraseServices, eraseUser, resumeErasures } from "../../../src/compliance/erase-user.ts";
import type { HeldNames } from "../../../src/compliance/user-stores.ts";
import { accepted, exchange, turn } from "../../ports/archive/turns.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

describe("erasing a user", () => {
  const scope = scopeOf("tenant", "mary");
  let database: SqliteDatabase;
  let order: string[];
  let held: HeldNames[];
  let services: EraseServices;
  let failing: boolean;
  beforeEach(async () => {
    database = await openSqlite(":memory:");
    [order, held, failing] = [[], [], false];
    const archive = createSqliteArchive(database).forUser(scope);
    let ids = 0;
    services = {
      records: createSqliteRecords(database),
      stores: [
        {
          name: "layer",
          async eraseUser(_scope, names) {
            order.push(`layer, ${(await archive.openReplies()).length} shown`);
            held.push(names);
            if (failing) throw new Error("the layer is away");
            return 2;
          },
        },
      ],
      async stop() {
        order.push(`stop, ${(await archive.openReplies()).length} shown`);
      },
      clock: createSystemClock(),
      ids: { next: () => `erasure-${++ids}` },
    };
    await exchange(archive, "answered", { at: Date.now() - 5_000 });
    await accepted(archive, turn("running", { at: Date.now() - 5_000 }));
  });
  afterEach(() => database.close());

  test("hides first, then stops, then empties the layers, then the archive, then looks again", async () => {
    const receipt = await eraseUser(services, scope, "ops");
    expect(order).toEqual(["stop, 0 shown", "layer, 0 shown", "stop, 0 shown", "layer, 0 shown"]);
    expect(held[0]).toMatchObject({ conversations: [expect.any(String)], openReplies: [expect.any(String)] });
    expect(held[1]).toEqual(held[0]);
    expect(receipt).toMatchObject({
      by: "ops",
      counts: { messages: 4, conversations: 1, requests: 2, layer: 4 },
    });
  });

  test("ends with a second, after which tokens can be told by their own", async () => {
    const { erasedAt } = await eraseUser(services, scope, "ops");
    expect(erasedAt).toMatch(/\.999Z$/);
    expect(Date.now()).toBeGreaterThan(Date.parse(erasedAt));
  });

  test("that fails half-way shows nothing meanwhile, and goes on where it stopped", async () => {
    failing = true;
    await expect(eraseUser(services, scope, "ops")).rejects.toThrow("the layer is away");
    const archive = createSqliteArchive(database).forUser(scope);
    expect((await archive.conversations({ limit: 5 })).conversations).toEqual([]);
    failing = false;
    expect(await resumeErasures(services)).toBe(1);
    expect(await resumeErasures(services)).toBe(0);
    expect(await eraseUser(services, scope, "somebody else")).toMatchObject({
      by: "ops",
      erasure: "erasure-1",
      counts: { messages: 4 },
    });
  });
});
