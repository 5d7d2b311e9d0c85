import { readdirSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { SocketServerFactory } from "../../../src/ports/socket-server.ts";
import { freePort, type Harness, handshake } from "./harness.ts";
import { eventually } from "./inbox.ts";

const limits = { maxPayloadBytes: 1000, pendingUpgrades: 1 };
const unasked = {
  http: () => Promise.reject(new Error("never asked")),
  upgrade: () => Promise.reject(new Error("never asked")),
  failed: () => undefined,
};

/** Starting, ending, and what is left behind. */
export function lifetimeBehaviour(harness: Harness, make: SocketServerFactory): void {
  describe("a server's life", () => {
    test("a taken port is a clear error", async () => {
      const running = await harness.start();
      const second = make(unasked, limits);
      await expect(second.listen("127.0.0.1", running.port)).rejects.toMatchObject({
        code: "EADDRINUSE",
        message: expect.stringContaining(`port ${running.port} on 127.0.0.1 is taken`),
      });
      await second.close();
    });

    test("an address that is not this machine's is a clear error", async () => {
      const server = make(unasked, limits);
      await expect(server.listen("192.0.2.1", 0)).rejects.toThrow("192.0.2.1 is no address of this machine");
      await server.close();
    });

    test("closing ends all, tells all, and frees the port", async () => {
      const running = await harness.start({
        // A gateway's port is named; of one that the system picked, some systems remember connections longer.
        port: await freePort(),
        http: () => new Promise(() => undefined),
        upgrade: ({ path }, admit) => (path === "/hang" ? new Promise(() => undefined) : admit()),
      });
      const { client, owned } = await harness.open(running);
      const idle = await harness.raw(running);
      const asking = await harness.raw(running);
      asking.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      const pending = await harness.raw(running);
      pending.write(handshake().replace("/v1/chat", "/hang"));
      await running.server.close();
      await running.server.close();
      expect(await owned.told.next()).toEqual({ closed: 1006 });
      expect((await client.closed).code).toBe(1006);
      await Promise.all([idle.untilEnded(), asking.untilEnded(), pending.untilEnded()]);
      const next = make({ ...unasked, http: async () => ({ status: 204 }) }, limits);
      await next.listen("127.0.0.1", running.port);
      expect((await fetch(`http://127.0.0.1:${running.port}/`)).status).toBe(204);
      await next.close();
      expect(running.failures).toEqual([]);
    });

    test("a server that stops listening keeps its sockets and takes no more", async () => {
      const running = await harness.start({ text: (socket, text) => socket.send(text) });
      const { client } = await harness.open(running);
      running.server.stopListening();
      running.server.stopListening();
      client.ws.send("still here");
      expect(await client.texts.next()).toBe("still here");
      const late = harness.client(running);
      await late.closed;
      expect(late.errors).toEqual([expect.objectContaining({ code: "ECONNREFUSED" })]);
    });

    test("50 sockets that open and end, in every way there is, leave nothing behind", async () => {
      const running = await harness.start();
      await harness.open(running);
      const descriptors = (): number => readdirSync("/dev/fd").length;
      const before = descriptors();
      const pairs = await Promise.all(Array.from({ length: 50 }, () => harness.open(running)));
      expect(descriptors()).toBeGreaterThanOrEqual(before + 100);
      pairs.forEach(({ client, owned }, index) => {
        if (index % 4 === 0) client.ws.close(1000);
        else if (index % 4 === 1) client.ws.terminate();
        else if (index % 4 === 2) owned.socket.close(1001, "");
        else owned.socket.terminate();
      });
      await Promise.all(pairs.map(({ client }) => client.closed));
      await eventually(() => pairs.every(({ owned }) => owned.told.all.length > 0));
      await eventually(() => descriptors() <= before);
      expect(pairs.map(({ owned }) => owned.told.all.length)).toEqual(Array(50).fill(1));
    });
  });
}
