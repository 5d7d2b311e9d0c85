import { type Connection, isBusy, isConstraint } from "./connection.ts";
import { OPERATIONS } from "./operations/index.ts";

/** How long one transaction goes on to take what arrives, so that the first in it does not wait longer. */
const GROUP_MILLISECONDS = 5;

/** An operation that the main thread asks for. */
export interface Request {
  readonly call: number;
  readonly operation: string;
  readonly input: unknown;
}

/** Why an operation failed. */
export interface Failure {
  readonly kind: "busy" | "constraint" | "failed";
  readonly message: string;
}

/** What became of a request. */
export type Answer =
  | { readonly call: number; readonly ok: true; readonly value: unknown }
  | { readonly call: number; readonly ok: false; readonly failure: Failure };

/**
 * Runs requests in one transaction until none waits or 5 ms are over, and commits: one fsync for all of
 * them. The answers may be told only now that this has returned. A request that fails undoes itself alone;
 * where the transaction as a whole fails, so do all in it.
 *
 * @param next takes the next request that waits, or answers undefined
 */
export function runGroup(
  connection: Connection,
  first: Request,
  next: () => Request | undefined,
): readonly Answer[] {
  const answers: Answer[] = [];
  const until = performance.now() + GROUP_MILLISECONDS;
  let request: Request | undefined = first;
  let writing = false;
  try {
    while (request !== undefined) {
      writing = begin(connection, request, writing);
      answers.push(runOne(connection, request));
      request = performance.now() < until ? next() : undefined;
    }
    if (connection.inTransaction) connection.exec("COMMIT");
    return answers;
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    const failure = failureOf(error);
    const calls = answers.map(({ call }) => call);
    if (request !== undefined) calls.push(request.call);
    return calls.map((call) => ({ call, ok: false, failure }));
  }
}

/** Sees to a transaction fit for the request: one that reads takes the write lock only by beginning anew. */
function begin(connection: Connection, request: Request, writing: boolean): boolean {
  const writes = OPERATIONS.get(request.operation)?.writes ?? false;
  if (connection.inTransaction && (writing || !writes)) return writing;
  if (connection.inTransaction) connection.exec("COMMIT");
  connection.exec(writes ? "BEGIN IMMEDIATE" : "BEGIN");
  return writes;
}

function runOne(connection: Connection, { call, operation: name, input }: Request): Answer {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) {
    return { call, ok: false, failure: { kind: "failed", message: `there is no operation ${name}` } };
  }
  connection.exec("SAVEPOINT request");
  try {
    const value = operation.run(connection, input);
    connection.exec("RELEASE request");
    return { call, ok: true, value };
  } catch (error) {
    if (!connection.inTransaction) throw error;
    connection.exec("ROLLBACK TO request; RELEASE request");
    return { call, ok: false, failure: failureOf(error) };
  }
}

/** An error in words that hold nothing of what was stored. */
export function failureOf(error: unknown): Failure {
  const kind = isBusy(error) ? "busy" : isConstraint(error) ? "constraint" : "failed";
  return { kind, message: error instanceof Error ? error.message : String(error) };
}
