import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { type DynamoDb, openDynamoDb } from "../../../src/adapters/dynamodb/database.ts";

// The emulator is CommonJS without types.
const dynalite = createRequire(import.meta.url)("dynalite") as (options: { createTableMs: number }) => Server;

/** A DynamoDB emulator in this process, with nothing in it. */
export interface DynamoDbServer {
  readonly endpoint: string;
  /** Opens a table, which is made where it is missing. */
  open(table: string): Promise<DynamoDb>;
  /** Ends the server; what was opened must have been closed before. */
  stop(): Promise<void>;
}

/** Starts an emulator on a port of its own. */
export async function startDynamoDb(): Promise<DynamoDbServer> {
  const server = dynalite({ createTableMs: 0 });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    open: (table) => openDynamoDb({ table, endpoint, region: "eu-central-1" }),
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
