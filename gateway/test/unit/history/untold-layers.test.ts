import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createMemoryConversationSummaries } from "../../../src/adapters/memory/conversation-summaries.ts";
import { createMemoryMessageLayer } from "../../../src/adapters/memory/message-layer.ts";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createHistory, type History } from "../../../src/history/history.ts";
import type { UserArchive } from "../../../src/ports/archive.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { accepted, end, turn } from "../../ports/archive/turns.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

describe("layers that an instance which died did not tell", () => {
  const scope = scopeOf("acme", "ada");
  const ANSWER = "the answer that only the archive has";
  let database: SqliteDatabase;
  let history: History;
  let archive: UserArchive;

  beforeEach(async () => {
    database = await openSqlite(":memory:");
    const held = { clock: manualClock(), maxConversations: 10 };
    const stored = createSqliteArchive(database);
    archive = stored.forUser(scope);
    history = createHistory(
      {
        recent: createMemoryMessageLayer({ bounds: RECENT_LAYER, ...held }),
        session: createMemoryMessageLayer({ bounds: SESSION_LAYER, ...held }),
        summaries: createMemoryConversationSummaries(held),
        archive: stored,
      },
      (error) => {
        throw error;
      },
    );
  });
  afterEach(() => database.close());

  /** A conversation whose first question the layers know. */
  const begin = async () => {
    const first = await accepted(archive, turn("first"));
    const { conversation, message, position } = first;
    await history.page(scope, conversation, { limit: 20 });
    await history.upTo(scope, { conversation, message, position });
    return first;
  };
  const contents = async (conversation: string) =>
    (await history.page(scope, conversation, { limit: 20 }))?.messages.map(({ content }) => content);

  test("an answer that they lack is shown, and is part of what the model is told next", async () => {
    const { conversation, reply } = await begin();
    await archive.endReply(end(reply, { content: ANSWER }));
    const next = await accepted(archive, turn("next", { conversation }));
    const { message, position } = next;
    await history.stored(scope, conversation, {
      id: message,
      role: "user",
      position,
      content: "next",
      at: 0,
    });
    const { messages } = await history.upTo(scope, { conversation, message, position });
    expect(messages.map(({ content }) => content)).toEqual(["first", ANSWER, "next"]);
    expect(await contents(conversation)).toEqual(["first", ANSWER, "next"]);
  });

  test("a question that they lack is shown before its answer", async () => {
    const { conversation, reply } = await begin();
    await archive.endReply(end(reply, { content: ANSWER }));
    await history.reread(scope, conversation);
    await contents(conversation);
    const next = await accepted(archive, turn("next", { conversation }));
    await archive.endReply(end(next.reply, { content: "to it" }));
    const { position, message: to } = next;
    await history.stored(scope, conversation, {
      id: next.reply,
      role: "assistant",
      position,
      content: "to it",
      at: 0,
      to,
    });
    expect(await contents(conversation)).toEqual(["first", ANSWER, "next", "to it"]);
  });

  test("so is the first question of a conversation that they knew to be empty", async () => {
    const conversation = "opened";
    await archive.createConversation(conversation, 0);
    expect(await contents(conversation)).toEqual([]);
    const { message: to, position, reply } = await accepted(archive, turn("first", { conversation }));
    await archive.endReply(end(reply, { content: ANSWER }));
    const answer = { id: reply, role: "assistant" as const, position, content: ANSWER, at: 0, to };
    await history.stored(scope, conversation, answer);
    expect(await contents(conversation)).toEqual(["first", ANSWER]);
  });

  test("a question whose answer is owed lacks nothing", async () => {
    const { conversation } = await begin();
    expect(await contents(conversation)).toEqual(["first"]);
  });
});
