import { afterAll, describe, expect, test } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { startDynamoDb } from "../support/dynamodb-server.ts";
import { scopeOf } from "../support/scopes.ts";
import { accepted, end, turn } from "./turns.ts";

const server = await startDynamoDb();
const db = await server.open("texts");
const archive = createDynamoArchive(db);
afterAll(async () => {
  await archive.close();
  await server.stop();
});

describe("a DynamoDB archive", () => {
  test.each([
    { what: "a million characters of three bytes each", content: "漢".repeat(1_000_000) },
    { what: "emoji that no boundary may cut", content: `x${"🙂".repeat(150_000)}` },
    { what: "a text that just fits", content: "a".repeat(100_000) },
    { what: "a text that just does not", content: "a".repeat(100_001) },
  ])("keeps $what, more than one item may hold", async ({ content }) => {
    const user = archive.forUser(scopeOf("tenant", `of ${content.length} ${content.slice(0, 2)}`));
    const { conversation, reply, position } = await accepted(user, turn("a long one, please"));
    const ending = end(reply, { conversation, content });
    expect(await user.endReply(ending)).toBe(true);
    const state = await user.reply(reply);
    expect(state?.state === "ended" && state.end.content === content).toBe(true);
    const [, answer] = (await user.messages(conversation, { limit: 5 }))?.messages ?? [];
    expect(answer?.content === content).toBe(true);
    const context = await user.context(conversation, position + 1, 1);
    expect(context[0]?.content === content).toBe(true);
    const [listed] = (await user.conversations({ limit: 1 })).conversations;
    expect(listed?.preview).toBe([...content].slice(0, 120).join(""));
  });

  test("pages through a conversation that is longer than one answer of the table", async () => {
    const user = archive.forUser(scopeOf("tenant", "pages"));
    const content = "漢".repeat(90_000);
    for (let round = 0; round < 6; round++) {
      const { reply } = await accepted(user, turn(`${round}`, { newConversation: "long" }));
      await user.endReply(end(reply, { content }));
    }
    const page = await user.messages("long", { limit: 11 });
    expect(page?.more).toBe(true);
    expect(page?.messages.map((message) => message.content.length)).toEqual([
      90_000, 1, 90_000, 1, 90_000, 1, 90_000, 1, 90_000, 1, 90_000,
    ]);
  });

  test("finishes what was asked before the close, and refuses what comes after", async () => {
    const closing = createDynamoArchive(await server.open("closing"));
    const user = closing.forUser(scopeOf("tenant", "user"));
    const asked = Array.from({ length: 20 }, (_, number) =>
      user.accept(turn(`${number}`, { openLimit: 99 })),
    );
    const closed = Promise.all([closing.close(), closing.close()]);
    await expect(user.accept(turn("late"))).rejects.toMatchObject({ name: "DynamoDbError", code: "closed" });
    for (const { outcome } of await Promise.all(asked)) expect(outcome).toBe("accepted");
    await closed;
    await expect(user.latestConversation()).rejects.toMatchObject({ name: "DynamoDbError", code: "closed" });
    const again = createDynamoArchive(await server.open("closing"));
    expect(await again.owed()).toHaveLength(20);
    await again.close();
  });

  test("refuses ids of new messages that are taken, and stores nothing of it", async () => {
    const user = archive.forUser(scopeOf("tenant", "taken"));
    const one = turn("one");
    await accepted(user, one);
    for (const clash of [{ message: one.message }, { reply: one.reply }, { message: one.reply }]) {
      const request = turn("clash", clash);
      await expect(user.accept(request)).rejects.toMatchObject({ code: "constraint" });
      expect(await user.accepted(request.clientId)).toBeNull();
    }
    expect(await user.openReplies()).toHaveLength(1);
  });
});
