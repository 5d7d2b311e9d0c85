import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import type { DynamoDb } from "../../../src/adapters/dynamodb/database.ts";
import type { Archive, OwedReply, UserArchive } from "../../../src/ports/archive.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { dieAfter, loseAnswers, type Stall, stallAfter } from "../support/dynamodb-faults.ts";
import { type DynamoDbServer, startDynamoDb } from "../support/dynamodb-server.ts";
import { scopeOf } from "../support/scopes.ts";
import { end, turn } from "./turns.ts";

const TABLE = "crashes";

/** Turns of every history here: users share no ids, so all can have the same. */
const one = turn("one", { newConversation: "c", at: 1 });
const two = turn("two", { conversation: "c", at: 2 });

/** A question with an answer and one without, and another conversation that is the latest. */
async function prepare(user: UserArchive): Promise<void> {
  await user.accept(one);
  await user.endReply(end(one.reply, { at: 1 }));
  await user.accept(two);
  await user.createConversation("d", 3);
}

const turnOf = (fields: object) => ({
  ...turn("again", { at: 6, ...fields }),
  clientId: "client",
  message: "m",
  reply: "r",
});
const question = (user: UserArchive): Promise<unknown> => user.accept(turnOf({ conversation: "c" }));
const ending = (user: UserArchive): Promise<unknown> => user.endReply(end(two.reply, { at: 7 }));

/** What may be cut short, and is done again after. */
const WRITES: readonly { name: string; write(user: UserArchive): Promise<unknown> }[] = [
  { name: "a question", write: question },
  { name: "an edit", write: (user) => user.accept(turnOf({ kind: "edit", target: two.message })) },
  { name: "a regenerate", write: (user) => user.accept(turnOf({ kind: "regenerate", target: one.message })) },
  { name: "an end", write: ending },
  // In three pieces.
  { name: "a long end", write: (user) => user.endReply(end(two.reply, { content: "é🙂".repeat(80_000) })) },
  { name: "a push", write: (user) => user.push("c", { id: "p", role: "system", content: "pushed", at: 8 }) },
  { name: "a new conversation", write: (user) => user.createConversation("e", 9) },
  { name: "a clear", write: (user) => user.clear("c", 10) },
  { name: "a rating", write: (user) => user.rate(one.reply, "up", "good", 11) },
];

/** Everything that can be read of a user, all of it read at once; without the user's own name. */
async function viewOf(user: UserArchive) {
  const ids = [one.reply, two.message, two.reply, "m", "r", "p"];
  const view = {
    conversations: user.conversations({ limit: 9 }),
    latest: user.latestConversation(),
    c: user.messages("c", { limit: 99 }),
    e: user.messages("e", { limit: 99 }),
    open: user.openReplies().then(nameless),
    accepted: user.accepted("client"),
    states: Promise.all(ids.map((id) => user.reply(id))).then((states) =>
      states.map((state) => (state?.state === "open" ? nameless([state.owed]) : state)),
    ),
    replies: Promise.all(ids.map((id) => user.replyTo(id))),
    places: Promise.all(ids.map((id) => user.conversationOf(id))),
  };
  const read = await Promise.all(
    Object.entries(view).map(async ([name, part]) => [name, await part] as const),
  );
  return Object.fromEntries(read);
}

const nameless = (owed: readonly OwedReply[]) => owed.map(({ user: _, ...rest }) => rest);

describe("a gateway that dies", () => {
  let server: DynamoDbServer;
  let survivor: Archive;
  const opened: DynamoDb[] = [];
  let users = 0;
  const gateway = async (meddle: (db: DynamoDb) => void = () => undefined): Promise<Archive> => {
    const db = await server.open(TABLE);
    meddle(db);
    opened.push(db);
    return createDynamoArchive(db);
  };
  const prepared = async (): Promise<{ scope: Scope; user: UserArchive }> => {
    const scope = scopeOf("tenant", `user ${++users}`);
    const user = survivor.forUser(scope);
    await prepare(user);
    return { scope, user };
  };
  beforeAll(async () => {
    server = await startDynamoDb();
    survivor = await gateway();
  });
  afterAll(async () => {
    for (const db of opened) db.close();
    await server.stop();
  });

  test.each(WRITES)(
    "in the midst of $name, wherever, leaves all or nothing, and it can be done again",
    async ({ write }) => {
      const twin = await prepared();
      const before = await viewOf(twin.user);
      await write(twin.user);
      const after = await viewOf(twin.user);

      const seen = { nothing: 0, all: 0 };
      for (let writes = 0; ; writes++) {
        const { scope, user } = await prepared();
        const dying = (await gateway((db) => dieAfter(db, writes))).forUser(scope);
        const died = await write(dying).then(
          () => false,
          () => true,
        );
        const left = await viewOf(user);
        const isBefore = JSON.stringify(left) === JSON.stringify(before);
        expect(left).toEqual(isBefore ? before : after);
        if (!died) break;
        seen[isBefore ? "nothing" : "all"]++;
        await write(user);
        expect(await viewOf(user)).toEqual(after);
      }
      // Each was stopped at least once before its commit and once after it.
      expect(seen.nothing).toBeGreaterThan(0);
      expect(seen.all).toBeGreaterThan(1);
    },
    60_000,
  );

  test.each([
    { name: "a question of who is owed nothing else", write: question, owed: [] },
    { name: "the end of the only reply that is owed", write: ending, owed: [two.reply] },
  ])(
    "in the midst of $name leaves to the sweep what is owed, though nobody helps",
    async ({ write, owed }) => {
      for (let writes = 0; ; writes++) {
        const { scope, user } = await prepared();
        if (owed.length === 0) await user.endReply(end(two.reply));
        const ofUser = async () => (await survivor.owed()).filter((reply) => reply.user === scope.user);
        expect((await ofUser()).map(({ reply }) => reply)).toEqual(owed);
        const dying = (await gateway((db) => dieAfter(db, writes))).forUser(scope);
        const died = await write(dying).then(
          () => false,
          () => true,
        );
        expect(await ofUser()).toEqual(await user.openReplies());
        if (!died) break;
        await write(user);
        for (const { reply } of await user.openReplies()) await user.endReply(end(reply));
        expect(await ofUser()).toEqual([]);
      }
    },
    60_000,
  );

  test("after its commit has accepted: the same question is a duplicate, and its reply is owed", async () => {
    const { scope, user } = await prepared();
    const request = turn("once", { conversation: "c" });
    // The record of what is owed, and the commit.
    const dying = await gateway((db) => dieAfter(db, 2));
    await expect(dying.forUser(scope).accept(request)).rejects.toThrow("this gateway is dead");
    const { message, reply } = request;
    expect((await survivor.owed()).find((owed) => owed.reply === reply)).toMatchObject(scope);
    expect(await user.accept({ ...request, message: "another", reply: "another" })).toEqual({
      outcome: "duplicate",
      conversation: "c",
      message,
      reply,
    });
  });

  test.each(WRITES)("hears the truth of $name although every answer is lost once", async ({ write }) => {
    const [twin, { scope, user }] = [await prepared(), await prepared()];
    const unlucky = (await gateway(loseAnswers)).forUser(scope);
    expect(await write(unlucky)).toEqual(await write(twin.user));
    expect(await viewOf(user)).toEqual(await viewOf(twin.user));
  });

  test.each([2, 3, 5, 7])(
    "or only sleeps after %i writes, changes nothing when it wakes after its work was done and overtaken",
    async (writes) => {
      const { scope, user } = await prepared();
      const stall: { current?: Stall } = {};
      const sleeper = await gateway((db) => {
        stall.current = stallAfter(db, writes);
      });
      const request = turn("slow", { kind: "regenerate", target: one.message });
      const answer = sleeper.forUser(scope).accept(request);
      await stall.current?.stalled;
      expect(await user.accept(request)).toMatchObject({ outcome: "duplicate", reply: request.reply });
      await user.endReply(end(request.reply, { content: "answered", at: 20 }));
      await user.accept(turn("", { kind: "regenerate", target: one.message, at: 21 }));
      await user.accept(turn("later", { conversation: "c", at: 22 }));
      const view = await viewOf(user);
      stall.current?.go();
      expect(await answer).toMatchObject({ outcome: "accepted", reply: request.reply });
      expect(await viewOf(user)).toEqual(view);
      expect((await survivor.owed()).map(({ reply }) => reply)).not.toContain(request.reply);
    },
  );
});
