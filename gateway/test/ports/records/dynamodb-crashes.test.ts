import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import type { DynamoDb } from "../../../src/adapters/dynamodb/database.ts";
import { createDynamoRecords } from "../../../src/adapters/dynamodb/kept-records.ts";
import { userKey } from "../../../src/adapters/dynamodb/keys.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { accepted, end, turn } from "../archive/turns.ts";
import { dieAfter, loseAnswers, type Stall, stallAfter } from "../support/dynamodb-faults.ts";
import { type DynamoDbServer, startDynamoDb } from "../support/dynamodb-server.ts";
import { scopeOf } from "../support/scopes.ts";
import { allKept, erase, freshId, LATER } from "./people.ts";

const TABLE = "crashes";
const OLD = 1_500_000_000_000;
const CUT = 1_600_000_000_000;

describe("a gateway on DynamoDB", () => {
  let server: DynamoDbServer;
  let survivor: DynamoDb;
  const opened: DynamoDb[] = [];
  const gateway = async (meddle: (db: DynamoDb) => void = () => undefined): Promise<DynamoDb> => {
    const db = await server.open(TABLE);
    meddle(db);
    opened.push(db);
    return db;
  };
  beforeAll(async () => {
    server = await startDynamoDb();
    survivor = await gateway();
  });
  afterAll(async () => {
    for (const db of opened) db.close();
    await server.stop();
  });
  const itemsOf = (scope: Scope): Promise<{ sk: string }[]> => survivor.all({ pk: userKey(scope, 0) });
  const archiveOf = (scope: Scope, db = survivor) => createDynamoArchive(db).forUser(scope);
  const recordsOf = (scope: Scope, db = survivor) => createDynamoRecords(db).forUser(scope);
  const exchange = async (scope: Scope): Promise<void> => {
    const { reply } = await accepted(archiveOf(scope), turn("answered", { at: OLD }));
    await archiveOf(scope).endReply(end(reply, { at: OLD }));
  };
  const prepared = async (tenant = "tenant"): Promise<Scope> => {
    const scope = scopeOf(tenant, freshId("user"));
    await exchange(scope);
    await accepted(archiveOf(scope), turn("owed", { at: OLD }));
    return scope;
  };
  const died = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => false,
      () => true,
    );

  test("that dies in the midst of an erasure, wherever, leaves it to whoever looks for what is unfinished", async () => {
    const seen = { before: 0, during: 0 };
    const erased: string[] = [];
    for (let writes = 0; ; writes++) {
      const scope = await prepared();
      const dying = await gateway((db) => dieAfter(db, writes));
      if (!(await died(erase(recordsOf(scope, dying))))) break;
      const unfinished = await createDynamoRecords(survivor).unfinished();
      if (unfinished.some(({ user }) => user === scope.user)) {
        seen.during++;
        expect(await erase(recordsOf(scope))).toMatchObject({ erasedAt: LATER });
        expect(await itemsOf(scope)).toEqual([expect.objectContaining({ sk: "HEAD" })]);
        erased.push(scope.user);
      } else {
        seen.before++;
      }
    }
    expect(seen).toMatchObject({ before: 1 });
    expect(seen.during).toBeGreaterThan(5);
    const owed = await createDynamoArchive(survivor).owed();
    expect(owed.filter(({ user }) => erased.includes(user))).toEqual([]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6])(
    "that sleeps for a whole erasure after %i writes of a question brings nothing of it back",
    async (writes) => {
      const scope = await prepared();
      const stall: { current?: Stall } = {};
      const sleeper = await gateway((db) => {
        stall.current = stallAfter(db, writes);
      });
      const late = archiveOf(scope, sleeper).accept(turn(`${"é🙂".repeat(60_000)} late`, { at: OLD }));
      await stall.current?.stalled;
      await erase(recordsOf(scope));
      stall.current?.go();
      await late;
      expect(await allKept(recordsOf(scope))).toEqual(new Map());
      expect(await archiveOf(scope).openReplies()).toEqual([]);
      expect((await createDynamoArchive(survivor).owed()).some(({ user }) => user === scope.user)).toBe(
        false,
      );
      await createDynamoRecords(survivor).tidy(0);
      expect(await itemsOf(scope)).toEqual([expect.objectContaining({ sk: "HEAD" })]);
    },
  );

  test("whose every answer is lost once erases all the same", async () => {
    const scope = await prepared();
    const unlucky = await gateway(loseAnswers);
    expect(await erase(recordsOf(scope, unlucky))).toMatchObject({ erasedAt: LATER });
    expect(await itemsOf(scope)).toEqual([expect.objectContaining({ sk: "HEAD" })]);
  });

  test("that dies in the midst of a sweep, wherever, leaves the user to the next one", async () => {
    for (let writes = 0; ; writes++) {
      const tenant = freshId("tenant");
      const scope = await prepared(tenant);
      const [owed] = await archiveOf(scope).openReplies();
      await archiveOf(scope).endReply(end(owed?.reply ?? "", { at: OLD + 1 }));
      const dying = await gateway((db) => dieAfter(db, writes));
      const sweep = (db: DynamoDb) => createDynamoRecords(db).expire(scope.tenant, { before: CUT, limit: 5 });
      const dead = await died(sweep(dying));
      await sweep(survivor);
      expect((await itemsOf(scope)).map(({ sk }) => sk)).toEqual(["HEAD"]);
      await exchange(scope);
      expect((await sweep(survivor)).messages).toBe(2);
      expect(await sweep(survivor)).toEqual({ conversations: [], messages: 0, next: null });
      if (!dead) break;
      expect(writes).toBeLessThan(40);
    }
  });
});
