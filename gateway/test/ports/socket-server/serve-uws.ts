import { createUwsServer } from "../../../src/adapters/uws/server.ts";

/** A program of its own: serves on uWebSockets.js, says where on standard output, ends with its standard input. */
const server = createUwsServer(
  {
    http: async ({ headers }) => ({ status: 200, body: headers["x-long"] ?? "" }),
    upgrade: async () => ({ accept: false, response: { status: 503 } }),
    failed: (error) => process.stderr.write(`${String(error)}\n`),
  },
  { maxPayloadBytes: 1_048_576, pendingUpgrades: 10 },
);
const { port } = await server.listen("127.0.0.1", 0);
process.stdout.write(`${port}\n`);
process.stdin.resume().once("end", () => void server.close());
