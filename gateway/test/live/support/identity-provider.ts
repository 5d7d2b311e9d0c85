import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createOutsideFetch } from "../../../src/adapters/https/outside-fetch.ts";
import type { OutsideFetch } from "../../../src/ports/outside-fetch.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/https");

/** A server that is `https://idp.example` and `https://other.example` for who resolves names as `outside` does. */
export interface IdentityProvider {
  /** Paths asked for so far, with the host's name. */
  readonly asked: readonly string[];
  readonly port: number;
  /** What it answers from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Asks it: it is at this machine, which is permitted here and nowhere else. Other addresses are judged as ever. */
  readonly outside: OutsideFetch;
  close(): Promise<void>;
}

/** Starts it on a port of its own: URLs must name that port. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const [key, cert, authority] = await Promise.all(
    ["server-key.pem", "server.pem", "authority.pem"].map((name) => readFile(join(FIXTURES, name), "utf8")),
  );
  const asked: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(`${request.headers.host?.split(":")[0]}${request.url}`);
    provider.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hosts: Readonly<Record<string, readonly string[]>> = {
    "idp.example": ["127.0.0.1"],
    "other.example": ["127.0.0.1"],
    "inside.example": ["10.0.0.7"],
    "both.example": ["127.0.0.1", "169.254.169.254"],
  };
  const provider = {
    asked,
    port: (server.address() as AddressInfo).port,
    answer: (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(404).end();
    },
    outside: createOutsideFetch({
      resolve: async (host) => hosts[host] ?? [],
      permitted: (address) => address === "127.0.0.1",
      ...(authority === undefined ? {} : { authority }),
    }),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
