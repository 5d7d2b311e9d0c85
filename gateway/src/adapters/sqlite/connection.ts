import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { MIGRATIONS } from "./migrations/index.ts";

/** Milliseconds that a statement waits for another process's transaction: longer than a process hangs and comes back. */
const BUSY_MILLISECONDS = 20_000;

/** An open database with its prepared statements. Lives in the worker; everything here is synchronous. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#database = new DatabaseSync(path, {
      timeout: BUSY_MILLISECONDS,
      enableForeignKeyConstraints: true,
    });
  }

  /** Runs SQL that takes no values and answers nothing. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs a write. @returns how many rows it changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** Reads the first row. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  /** Reads all rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  /** Whether a transaction is open: some failures, a full disk among them, end it on their own. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Opens the database at `path` (`:memory:` for one of this process alone), durable at commit, schema up to date. */
export function openConnection(path: string): Connection {
  const connection = new Connection(path);
  try {
    retryBusy(() => connection.exec("PRAGMA journal_mode = WAL"));
    connection.exec("PRAGMA synchronous = FULL");
    // What is deleted is overwritten: an erasure leaves nothing in pages that nobody uses any more.
    connection.exec("PRAGMA secure_delete = ON");
    migrate(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/**
 * Runs the steps that are missing, each start in one transaction. It takes the write lock before it looks, so
 * that of several processes that start at once one migrates and the others find it done.
 */
function migrate(connection: Connection): void {
  connection.exec("BEGIN IMMEDIATE");
  try {
    const version = connection.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new Error(
        `the database has schema ${version}, made by a later version; this one knows ${MIGRATIONS.length}`,
      );
    }
    for (const step of MIGRATIONS.slice(version)) connection.exec(step);
    if (version < MIGRATIONS.length) connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

/** The switch to WAL needs the file alone and fails at once where another process starts too; so it is tried again. */
function retryBusy(run: () => void): void {
  const until = performance.now() + BUSY_MILLISECONDS;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      run();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      Atomics.wait(nobody, 0, 0, 5 + Math.random() * 10);
    }
  }
}

/** Whether another process held the database for longer than was waited. */
export function isBusy(error: unknown): boolean {
  return sqliteResult(error) === 5;
}

/** Whether a write broke a rule of the schema. */
export function isConstraint(error: unknown): boolean {
  return sqliteResult(error) === 19;
}

/** SQLite's primary result code, or null where the error is not its. */
function sqliteResult(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : null;
}
