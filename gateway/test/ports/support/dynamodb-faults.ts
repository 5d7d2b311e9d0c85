import type { DynamoDb } from "../../../src/adapters/dynamodb/database.ts";

const WRITES = new Set(["UpdateItemCommand", "DeleteItemCommand"]);

/** What a request does: `send` sends it, and may be called more than once or not at all. */
type Meddling = (command: string, send: () => Promise<unknown>) => Promise<unknown>;

/** Puts itself between an adapter and its client. */
function meddle({ client }: DynamoDb, meddling: Meddling): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await meddling(String(context.commandName), () => next(args));
      return answer as Awaited<ReturnType<typeof next>>;
    },
    { step: "initialize", name: "meddling" },
  );
}

/** Dies after so many writes: nothing is sent any more. */
export function dieAfter(db: DynamoDb, writes: number): void {
  let left = writes;
  meddle(db, (command, send) => {
    if (WRITES.has(command)) left--;
    if (left < 0) throw new Error("this gateway is dead");
    return send();
  });
}

/** Sends every write twice, as a client does whose answer was lost, and hears only the second answer. */
export function loseAnswers(db: DynamoDb): void {
  meddle(db, async (command, send) => {
    if (WRITES.has(command)) await send();
    return send();
  });
}

/**
 * Holds up every write after so many.
 *
 * @returns `stalled` resolves when one is held up; `go` lets them on their way
 */
export function stallAfter(db: DynamoDb, writes: number): { stalled: Promise<void>; go(): void } {
  const stalled = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let left = writes;
  meddle(db, async (command, send) => {
    if (WRITES.has(command) && left-- <= 0) {
      stalled.resolve();
      await gate.promise;
    }
    return send();
  });
  return { stalled: stalled.promise, go: gate.resolve };
}
