import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Failure } from "./group.ts";
import type { OperationInput, OperationName, OperationOutput } from "./operations/index.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker.ts";

/**
 * Why the database did not do what was asked: `busy`: another process held it for longer than 20 s;
 * `constraint`: a rule of the schema was broken; `failed`: anything else of the one call; `crashed`: the worker is
 * gone, and with it this handle; `closed`: `close` was called before.
 */
export type StorageErrorCode = Failure["kind"] | "crashed" | "closed";

/** What every call of the SQLite adapters rejects with. After `crashed`, whether the write was made is not known. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}

/** The main thread's hold on the worker that owns a database. */
export interface SqliteDatabase {
  /** Asks for an operation. Resolves when its transaction is committed; rejects with {@link StorageError}. */
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>>;
  /** Takes no more calls, lets the ones on their way end, and closes the file. May be called again. */
  close(): Promise<void>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: StorageError): void;
}

/** The worker beside this file: the sources run as they are, the bundle has its worker under a name of its own. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./sqlite-worker.js",
  import.meta.url,
);

/**
 * Opens a database in a worker thread of its own and brings its schema up to date. The file and its folder are
 * made where they are missing, the file readable for its owner alone. Several processes may share one file.
 *
 * @param path the file, or `:memory:` for a database that ends with the handle
 * @throws {@link StorageError} where it cannot be opened
 */
export async function openSqlite(path: string): Promise<SqliteDatabase> {
  if (path !== ":memory:") makeFile(path);
  return openInWorker(new Worker(WORKER, { workerData: { path } satisfies WorkerOptions, name: "sqlite" }));
}

/** The handle of a database whose worker has been started, once the worker says that it is open. */
export async function openInWorker(worker: Worker): Promise<SqliteDatabase> {
  const database = new WorkerDatabase(worker);
  await database.opened;
  return database;
}

function makeFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw new StorageError("failed", `the database ${path} cannot be written`, { cause: error });
  }
}

class WorkerDatabase implements SqliteDatabase {
  /** Settles when the worker has opened the file, or could not. */
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #calls = 0;
  /** Why nothing more is taken; null as long as it is. */
  #over: StorageError | null = null;
  #drained: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    const opened = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.opened = opened.promise;
    this.#exited = exited.promise;
    const crash = (message: string, cause?: unknown): void => {
      const error = new StorageError("crashed", message, { cause });
      opened.reject(error);
      this.#crashed(error);
    };
    worker.on("message", (message: FromWorker) => {
      if (message.type === "open") opened.resolve();
      else if (message.type === "answers") this.#settle(message.answers);
      else opened.reject(new StorageError(message.failure.kind, `the database: ${message.failure.message}`));
    });
    worker.on("messageerror", (error) => crash("the database's worker sent what cannot be read", error));
    worker.on("error", (error) => crash("the database's worker failed", error));
    worker.on("exit", (code) => {
      crash(`the database's worker ended with code ${code}`);
      exited.resolve();
    });
  }

  async call<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
  ): Promise<OperationOutput<Name>> {
    if (this.#over !== null) throw this.#over;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = this.#calls++;
    this.#tell({ call, operation: name, input });
    this.#pending.set(call, { resolve, reject });
    return (await promise) as OperationOutput<Name>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#over ??= new StorageError("closed", "the database is closed");
    if (this.#pending.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      await promise;
    }
    this.#tell("close");
    await this.#exited;
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #settle(answers: Extract<FromWorker, { type: "answers" }>["answers"]): void {
    for (const answer of answers) {
      const pending = this.#pending.get(answer.call);
      this.#pending.delete(answer.call);
      if (answer.ok) pending?.resolve(answer.value);
      else pending?.reject(new StorageError(answer.failure.kind, answer.failure.message));
    }
    if (this.#pending.size === 0) this.#drained?.();
  }

  /** Also runs at the end of an orderly close, and then finds nothing to do. */
  #crashed(error: StorageError): void {
    this.#over ??= error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#drained?.();
  }
}
