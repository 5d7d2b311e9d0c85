import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import type { DynamoDb } from "../../../src/adapters/dynamodb/database.ts";
import type { AcceptResult, Archive } from "../../../src/ports/archive.ts";
import { type Stall, stallAfter } from "../support/dynamodb-faults.ts";
import { type DynamoDbServer, startDynamoDb } from "../support/dynamodb-server.ts";
import { awkwardScope, freshScope, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import { accepted, end, exchange, idsIn, turn } from "./turns.ts";

describe("two gateways on one DynamoDB table", () => {
  let server: DynamoDbServer;
  const opened: DynamoDb[] = [];
  let first: Archive;
  let second: Archive;
  const gateway = async (meddle: (db: DynamoDb) => void = () => undefined): Promise<Archive> => {
    const db = await server.open("gateways");
    meddle(db);
    opened.push(db);
    return createDynamoArchive(db);
  };
  beforeAll(async () => {
    server = await startDynamoDb();
    [first, second] = [await gateway(), await gateway()];
  });
  afterAll(async () => {
    for (const db of opened) db.close();
    await server.stop();
  });

  test("take ids once, win ends once, and lose nothing", async () => {
    const scope = scopeOf("tenant", "shared");
    const [one, two] = [first.forUser(scope), second.forUser(scope)];
    const requests = Array.from({ length: 30 }, (_, number) =>
      turn(`question ${number}`, { newConversation: "shared", openLimit: 1_000 }),
    );
    const twins = requests.map((request) => ({
      ...request,
      message: `${request.message}-twin`,
      reply: `${request.reply}-twin`,
    }));
    const results = await Promise.all([
      ...requests.map((request) => one.accept(request)),
      ...twins.map((request) => two.accept(request)),
    ]);
    const outcomes = results.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "accepted")).toHaveLength(30);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(30);
    const owed = await one.openReplies();
    expect(owed.map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(await two.openReplies()).toEqual(owed);

    const ends = owed.map(({ reply }) => end(reply));
    const ended = await Promise.all(ends.flatMap((ending) => [one.endReply(ending), two.endReply(ending)]));
    expect(ended.filter(Boolean)).toHaveLength(30);
    expect(await second.owed()).toEqual([]);
    expect(await idsIn(two, "shared")).toHaveLength(60);
  }, 60_000);

  test("see at once what the other one wrote", async () => {
    const scope = scopeOf("tenant", "reader");
    const [one, two] = [first.forUser(scope), second.forUser(scope)];
    const asked = await accepted(one, turn("asked"));
    expect((await second.owed()).map(({ reply }) => reply)).toContain(asked.reply);
    expect(await two.endReply(end(asked.reply))).toBe(true);
    expect((await one.reply(asked.reply))?.state).toBe("ended");
    expect((await first.owed()).map(({ reply }) => reply)).not.toContain(asked.reply);
    await one.clear(asked.conversation, 1);
    expect(await two.latestConversation()).toBeNull();
  });

  test("take replies over from each other: one gets a higher epoch, and who was overtaken ends nothing", async () => {
    const scope = scopeOf("tenant", "taken over");
    const [one, two] = [first.forUser(scope), second.forUser(scope)];
    const { reply } = await accepted(one, turn("asked"));
    const raised = await Promise.all([one.raiseEpoch(reply, 2), two.raiseEpoch(reply, 2)]);
    expect(raised.sort()).toEqual([false, true]);
    expect(await two.raiseEpoch(reply, 1)).toBe(false);
    expect(await two.raiseEpoch("unknown", 9)).toBe(false);
    expect((await first.owed()).find((owed) => owed.reply === reply)?.epoch).toBe(2);
    expect(await one.endReply(end(reply, { epoch: 1 }))).toBe(false);
    expect((await one.reply(reply))?.state).toBe("open");
    expect(await two.endReply(end(reply, { epoch: 2 }))).toBe(true);
    expect(await one.raiseEpoch(reply, 3)).toBe(false);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "read a turn whole or not at all: one begins to read, the other writes %i items of an edit, and it reads on",
    async (writes) => {
      const scope = scopeOf("tenant", `half ${writes}`);
      const { conversation, message } = await exchange(first.forUser(scope), "asked");
      const stalls: Stall[] = [];
      const reader = await gateway((db) => stalls.push(stallAfter(db, 1, "requests")));
      const writer = await gateway((db) => stalls.push(stallAfter(db, writes)));
      const [reading, writing] = stalls;
      const page = reader.forUser(scope).messages(conversation, { limit: 5 });
      await reading?.stalled;
      const edit = writer.forUser(scope).accept(turn("edited", { kind: "edit", target: message }));
      await writing?.stalled;
      reading?.go();
      const [question, answer, ...others] = (await page)?.messages ?? [];
      expect(answer?.to).toBe(question?.id);
      expect(others).toEqual([]);
      writing?.go();
      const outcome = await edit;
      if (outcome.outcome !== "accepted") throw new Error(`the edit was not accepted: ${outcome.outcome}`);
      await first.forUser(scope).endReply(end(outcome.reply));
    },
  );

  test("agree after anything that both were asked at once", async () => {
    const action = fc.record({
      type: fc.constantFrom("ask", "ask", "edit", "regenerate", "end", "end", "clear"),
      pick: fc.nat(),
    });
    const rounds = fc.array(fc.array(action, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 });
    const seed = testSeed("DynamoDB gateways");
    await fc.assert(
      fc.asyncProperty(awkwardScope, rounds, async (awkward, happenings) => {
        const scope = freshScope(awkward);
        const users = [first.forUser(scope), second.forUser(scope)] as const;
        const known: Extract<AcceptResult, { outcome: "accepted" }>[] = [];
        let ends = 0;
        for (const happening of happenings) {
          const picked = happening.map(({ type, pick }) => ({
            type,
            known: known[pick % (known.length || 1)],
          }));
          const work = picked.map(async ({ type, known: before }, index) => {
            const [user, twin] = index % 2 === 0 ? users : ([users[1], users[0]] as const);
            if (type === "clear" && before !== undefined)
              return void (await user.clear(before.conversation, 1));
            if (type === "end" && before !== undefined) {
              const ending = end(before.reply);
              const won = await Promise.all([user.endReply(ending), twin.endReply(ending)]);
              expect(won.filter(Boolean).length).toBeLessThanOrEqual(1);
              ends += won.filter(Boolean).length;
              return;
            }
            const rewrites = (type === "edit" || type === "regenerate") && before !== undefined;
            const request = turn(type, {
              openLimit: 100,
              ...(rewrites ? { kind: type, target: before.message } : {}),
            });
            const other = { ...request, message: `${request.message}-2`, reply: `${request.reply}-2` };
            const results = await Promise.all([user.accept(request), twin.accept(other)]);
            const won = results.filter((result) => result.outcome === "accepted");
            const lost = results.filter((result) => result.outcome === "duplicate");
            // What a clear or an edit at the same moment took away is found by neither.
            expect([
              [1, 1],
              [0, 0],
            ]).toContainEqual([won.length, lost.length]);
            known.push(...won);
          });
          await Promise.all(work);
        }
        const [one, two] = users;
        const open = await one.openReplies();
        expect(open).toHaveLength(known.length - ends);
        expect(await two.openReplies()).toEqual(open);
        for (const conversation of new Set(known.map((turn) => turn.conversation))) {
          const page = await one.messages(conversation, { limit: 100 });
          expect(await two.messages(conversation, { limit: 100 })).toEqual(page);
          const questions = page?.messages.filter(({ role }) => role === "user") ?? [];
          const answers = page?.messages.filter(({ role }) => role === "assistant") ?? [];
          expect(answers.map(({ to }) => to)).toEqual(questions.map(({ id }) => id));
          const positions = questions.map(({ position }) => position);
          expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
        }
        for (const { reply } of open) await two.endReply(end(reply));
      }),
      { seed, numRuns: 8 },
    );
    expect(await first.owed()).toEqual([]);
  });
});
