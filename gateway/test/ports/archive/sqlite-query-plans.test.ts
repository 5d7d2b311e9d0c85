import { expect, test } from "@jest/globals";
import { type Connection, openConnection } from "../../../src/adapters/sqlite/connection.ts";
import { OPERATIONS } from "../../../src/adapters/sqlite/operations/index.ts";
import { scopeOf } from "../support/scopes.ts";
import { end, turn } from "./turns.ts";

const scope = scopeOf("tenant", "user");
const one = turn("one", { newConversation: "c" });
const message = { id: "pushed", role: "system", content: "pushed", at: 1 } as const;

/** Calls after which every operation has used every statement it has. */
const CALLS: readonly (readonly [string, unknown])[] = [
  ["createConversation", { scope, conversation: "c", at: 1 }],
  ["accept", { scope, request: one }],
  ["accept", { scope, request: turn("two", { conversation: "c" }) }],
  ["accept", { scope, request: turn("three", { kind: "edit", target: one.message }) }],
  ["accept", { scope, request: turn("four", { newConversation: "d" }) }],
  ["accepted", { scope, clientId: one.clientId }],
  ["raiseEpoch", { scope, reply: one.reply, epoch: 2 }],
  ["endReply", { scope, end: end(one.reply, { epoch: 2 }) }],
  ["reply", { scope, reply: one.reply }],
  ["replyTo", { scope, message: one.clientId }],
  ["openReplies", { scope }],
  ["openReplies", { scope, conversation: "c" }],
  ["latestConversation", { scope }],
  ["conversationOf", { scope, message: one.message }],
  ["messages", { scope, conversation: "c", before: one.message, limit: 5 }],
  ["context", { scope, conversation: "c", position: 2, limit: 5 }],
  ["conversations", { scope, limit: 5 }],
  ["rate", { scope, message: one.reply, rating: "up", comment: undefined, at: 1 }],
  ["push", { scope, conversation: "c", message }],
  ["clear", { scope, conversation: "c", at: 1 }],
  ["clearedSince", { scope, at: 1 }],
  ["owed", undefined],
  ["appendToJournal", [{ ...scope, reply: "r", epoch: 1, seq: 1, text: "t" }]],
  ["appendToJournal", [{ ...scope, reply: "r", epoch: 2, seq: 1, text: "t" }]],
  ["readJournal", { scope, reply: "r" }],
  ["dropFromJournal", { scope, reply: "r", epoch: 2 }],
  ["keptConversations", { scope, limit: 5 }],
  ["keptMessages", { scope, conversation: "c", limit: 5 }],
  ["keptOpenReplies", { scope }],
  ["expire", { tenant: "tenant", before: 2_000_000_000_000, limit: 5 }],
  ["expireJournal", { before: 1 }],
  ["beginErasure", { scope, id: "e", by: "b", at: 1 }],
  ["accept", { scope, request: turn("five") }],
  ["countErased", { scope, id: "e", counts: { more: 1 } }],
  ["purgeErased", { scope, id: "e", limit: 5 }],
  ["eraseFromJournal", { scope, replies: ["r"] }],
  ["unfinishedErasures", undefined],
  ["finishErasure", { scope, id: "e", at: 2 }],
  ["forgetErasures", { before: 1 }],
  ["tenant", "t"],
  ["siteKey", "k"],
  ["signingKeys", "t"],
  ["apiKey", "h"],
];

/** The connection, with every statement and its values noted. */
function recording(connection: Connection): { connection: Connection; statements: Map<string, unknown[]> } {
  const statements = new Map<string, unknown[]>();
  const note = new Set<string | symbol>(["run", "get", "all"]);
  const recorder = new Proxy(connection, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      return (sql: string, ...values: unknown[]): unknown => {
        if (note.has(property)) statements.set(sql, values);
        return member.call(target, sql, ...values);
      };
    },
  });
  return { connection: recorder, statements };
}

test("every statement searches an index; only sweeps walk what is open, and nothing walks a table", () => {
  const connection = openConnection(":memory:");
  const recorder = recording(connection);
  for (const [name, input] of CALLS) OPERATIONS.get(name)?.run(recorder.connection, input);
  expect(recorder.statements.size).toBeGreaterThan(35);
  const scans = [...recorder.statements].flatMap(([sql, values]) =>
    connection
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...(values as string[]))
      .filter(({ detail }) => /^SCAN/.test(detail))
      .map(({ detail }) => detail),
  );
  expect(scans).toEqual([
    "SCAN reply USING INDEX messages_open",
    "SCAN erasures USING INDEX erasures_unfinished",
  ]);
  connection.close();
});
