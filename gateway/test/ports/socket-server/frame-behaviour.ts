import { describe, expect, test } from "@jest/globals";
import type { SendResult } from "../../../src/ports/socket-server.ts";
import type { Harness, Told } from "./harness.ts";

const isClosed = (told: Told): told is { readonly closed: number } =>
  typeof told === "object" && "closed" in told;

/** What goes over an open socket, and how it ends. */
export function frameBehaviour(harness: Harness): void {
  describe("frames", () => {
    test("text arrives both ways as it was, with its size on the wire", async () => {
      const running = await harness.start({ text: (socket, text) => socket.send(text) });
      const { client, owned } = await harness.open(running);
      for (const text of ["", "hello", "grüße 👋", "\ufeffmark", "a\u0000b", "x".repeat(70_000)]) {
        client.ws.send(text);
        expect(await owned.told.next()).toEqual({ text, bytes: Buffer.byteLength(text) });
        expect(await client.texts.next()).toBe(text);
      }
    });

    test("half a character that is sent arrives as its replacement, not as a broken frame", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      expect(owned.socket.send("a\ud800b")).toBe("sent");
      expect(await client.texts.next()).toBe("a\ufffdb");
    });

    test("a message in fragments is one message", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.send("one ", { fin: false });
      client.ws.send("and ", { fin: false });
      client.ws.send("two", { fin: true });
      expect(await owned.told.next()).toEqual({ text: "one and two", bytes: 11 });
    });

    test("a binary frame is told apart", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.send(new Uint8Array(300));
      expect(await owned.told.next()).toEqual({ binary: 300 });
    });

    test("pings are answered and are signs of life, both ways", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      const pinged = new Promise((resolve) => client.ws.once("ping", resolve));
      owned.socket.ping();
      await pinged;
      expect(await owned.told.next()).toBe("pong");
      const ponged = new Promise((resolve) => client.ws.once("pong", resolve));
      client.ws.ping();
      await ponged;
      expect(await owned.told.next()).toBe("pong");
    });

    test("a frame of 1 MiB is read, a longer one ends the connection", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.send("x".repeat(1_048_576));
      expect(await owned.told.next()).toMatchObject({ bytes: 1_048_576 });
      client.ws.send("x".repeat(1_048_577));
      expect(await owned.told.next()).toEqual({ closed: 1006 });
      expect([1006, 1009]).toContain((await client.closed).code);
      expect(running.failures).toEqual([]);
    });

    test("text that is no UTF-8 ends the connection", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.send(Buffer.from([0x61, 0xff, 0x62]), { binary: false });
      expect(await owned.told.next()).toEqual({ closed: 1006 });
      expect([1006, 1007]).toContain((await client.closed).code);
    });

    test("what is no WebSocket frame ends the connection", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      const inner: unknown = Reflect.get(client.ws, "_socket");
      (inner as { write(bytes: Buffer): void }).write(Buffer.alloc(16, 0xff));
      expect(await owned.told.next()).toEqual({ closed: 1006 });
      await client.closed;
    });
  });

  describe("the end of a socket", () => {
    test.each([1009, 4401, 1000])(
      "code %i and reason reach the client, the owner is told at once",
      async (code) => {
        const running = await harness.start();
        const { client, owned } = await harness.open(running);
        owned.socket.send("last words");
        owned.socket.close(code, "that is why");
        expect(owned.told.all).toEqual([]);
        expect(await owned.told.next()).toEqual({ closed: code });
        expect(await client.texts.next()).toBe("last words");
        expect(await client.closed).toEqual({ code, reason: "that is why" });
      },
    );

    test("a reason that is too long is cut between characters", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      owned.socket.close(4400, "ü".repeat(100));
      expect(await client.closed).toEqual({ code: 4400, reason: "ü".repeat(61) });
    });

    test.each([
      [1000, 1000],
      [4999, 4999],
      [undefined, 1005],
    ])("a client's close with %p is told as %i", async (sent, told) => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.close(sent);
      expect(await owned.told.next()).toEqual({ closed: told });
      await client.closed;
    });

    test("a connection that breaks is told as 1006", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.terminate();
      expect(await owned.told.next()).toEqual({ closed: 1006 });
    });

    test("a terminated socket is gone without a word", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      owned.socket.terminate();
      expect(await owned.told.next()).toEqual({ closed: 1006 });
      expect((await client.closed).code).toBe(1006);
    });

    test("after the end everything is safe and does nothing, and `closed` was told once", async () => {
      const results: SendResult[] = [];
      const running = await harness.start({
        text: (socket) => {
          socket.close(4403, "no");
          results.push(socket.send("lost"));
          socket.close(4400, "again");
          socket.terminate();
          socket.ping();
        },
      });
      const { client, owned } = await harness.open(running);
      client.ws.send("one");
      client.ws.send("two");
      expect((await client.closed).code).toBe(4403);
      expect(await owned.told.nextWhere(isClosed)).toEqual({ closed: 4403 });
      results.push(owned.socket.send("lost too"));
      owned.socket.ping();
      owned.socket.close(1000, "");
      owned.socket.terminate();
      expect(owned.socket.buffered).toBe(0);
      expect(results).toEqual(["gone", "gone"]);
      // A second connection's whole life gives anything late the time to show.
      await (await harness.open(running)).client.ws.close();
      expect(owned.told.all).toEqual([{ text: "one", bytes: 3 }, { closed: 4403 }]);
      expect(client.texts.all).toEqual([]);
    });

    test("an owner that throws is reported, and the client sees 1011", async () => {
      const running = await harness.start({
        text: () => {
          throw new Error("owner broke");
        },
      });
      const { client, owned } = await harness.open(running);
      client.ws.send("x");
      expect((await client.closed).code).toBe(1011);
      expect(await owned.told.nextWhere(isClosed)).toEqual({ closed: 1011 });
      expect(running.failures).toEqual([new Error("owner broke")]);
    });

    test("an owner that throws while it opens is reported, and the client sees 1011", async () => {
      const running = await harness.start({
        opened: () => {
          throw new Error("no owner");
        },
      });
      const client = harness.client(running);
      expect((await client.closed).code).toBe(1011);
      expect(running.failures).toEqual([new Error("no owner")]);
    });

    test("an owner may close while it opens", async () => {
      const running = await harness.start({ opened: (socket) => socket.close(4403, "not you") });
      const client = harness.client(running);
      expect(await client.closed).toEqual({ code: 4403, reason: "not you" });
      const owned = await running.owned.next();
      expect(await owned.told.next()).toEqual({ closed: 4403 });
    });
  });
}
