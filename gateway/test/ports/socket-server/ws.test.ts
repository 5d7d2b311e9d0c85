import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createWsServer } from "../../../src/adapters/ws/server.ts";
import { Harness } from "./harness.ts";
import { expectHeadLimit } from "./head-limit.ts";
import { socketServerSuite } from "./socket-server-suite.ts";

describe("a socket server on ws alone", () => {
  const harness = new Harness(createWsServer);
  let cutOff: Promise<number>;

  // Begins before the suite, so that its ten seconds pass while that runs.
  beforeAll(async () => {
    const slow = await harness.raw(await harness.start());
    const began = performance.now();
    slow.write("GET / HTTP/1.1\r\nHost: a\r\nX-Never-Ends: ");
    cutOff = new Promise((resolve) => {
      slow.socket.once("close", () => resolve((performance.now() - began) / 1_000));
    });
  });
  afterAll(() => harness.end());

  test("reads a head of up to 16 KiB", async () => {
    const { port } = await harness.start({
      http: ({ headers }) => ({ status: 200, body: headers["x-long"] ?? "" }),
    });
    await expectHeadLimit(port);
  });

  socketServerSuite("ws", createWsServer);

  test("cuts a peer off whose head is not whole after ten seconds", async () => {
    const seconds = await cutOff;
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(20);
  });
});
