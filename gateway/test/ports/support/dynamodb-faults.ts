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

/** Requests that are held up. */
export interface Stall {
  /** Resolves when one is held up and all before it are answered. */
  readonly stalled: Promise<void>;
  /** Lets them on their way. */
  go(): void;
}

/** Holds up every write, or every request, after so many of them. */
export function stallAfter(db: DynamoDb, count: number, what: "writes" | "requests" = "writes"): Stall {
  const stalled = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const before: Promise<unknown>[] = [];
  let left = count;
  meddle(db, async (command, send) => {
    if (what === "writes" && !WRITES.has(command)) return send();
    if (left-- > 0) {
      const answer = send();
      before.push(answer);
      return answer;
    }
    stalled.resolve(Promise.all(before).then(() => undefined));
    await gate.promise;
    return send();
  });
  return { stalled: stalled.promise, go: gate.resolve };
}
