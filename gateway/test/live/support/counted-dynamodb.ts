import type { IncomingMessage, Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

// The emulator is CommonJS without types.
const dynalite = createRequire(import.meta.url)("dynalite") as (options: { createTableMs: number }) => Server;

/** A DynamoDB emulator that counts what it is asked. */
export interface CountedDynamoDb {
  readonly endpoint: string;
  /** Requests so far, by operation (`PutItem`, `Query`, …). */
  counts(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Starts one in this process, on a port of its own, with nothing in it. */
export async function startCountedDynamoDb(): Promise<CountedDynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  const counts = new Map<string, number>();
  server.on("request", ({ headers }: IncomingMessage) => {
    const operation =
      String(headers["x-amz-target"] ?? "")
        .split(".")
        .at(-1) ?? "";
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => new Map(counts),
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
