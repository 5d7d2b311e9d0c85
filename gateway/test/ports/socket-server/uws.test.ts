import { expect, test } from "@jest/globals";
import { UwsUnavailable } from "../../../src/adapters/uws/load.ts";
import { createUwsServer } from "../../../src/adapters/uws/server.ts";
import { socketServerSuite } from "./socket-server-suite.ts";
import { uwsServesHere } from "./uws-serves-here.ts";

if (uwsServesHere()) {
  socketServerSuite("uWebSockets.js", createUwsServer);
} else {
  test("uWebSockets.js has no binary for this machine, and says so", () => {
    const handlers = { http: Promise.reject, upgrade: Promise.reject, failed: () => undefined };
    expect(() => createUwsServer(handlers, { maxPayloadBytes: 1, pendingUpgrades: 1 })).toThrow(
      UwsUnavailable,
    );
  });
}
