import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type Connection, openConnection } from "./connection.ts";
import { type Answer, type Failure, failureOf, type Request, runGroup } from "./group.ts";

/** What the main thread says: a request, or that it asks no more. */
export type ToWorker = Request | "close";

/** What the worker says: that it is open or could not, and then answers, a group a message. */
export type FromWorker =
  | { readonly type: "open" }
  | { readonly type: "refused"; readonly failure: Failure }
  | { readonly type: "answers"; readonly answers: readonly Answer[] };

/** What the worker is started with. */
export interface WorkerOptions {
  readonly path: string;
}

if (parentPort !== null) serve(parentPort);

function serve(port: NonNullable<typeof parentPort>): void {
  const tell = (message: FromWorker): void => port.postMessage(message);
  let connection: Connection;
  try {
    connection = openConnection((workerData as WorkerOptions).path);
  } catch (error) {
    tell({ type: "refused", failure: failureOf(error) });
    return;
  }
  let closing = false;
  const next = (): Request | undefined => {
    const message = receiveMessageOnPort(port)?.message as ToWorker | undefined;
    if (message !== "close") return message;
    closing = true;
    return undefined;
  };
  port.on("message", (message: ToWorker) => {
    if (message === "close") closing = true;
    else tell({ type: "answers", answers: runGroup(connection, message, next) });
    if (!closing) return;
    connection.close();
    port.close();
  });
  tell({ type: "open" });
}
