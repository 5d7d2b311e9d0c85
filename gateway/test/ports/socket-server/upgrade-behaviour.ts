import { describe, expect, test } from "@jest/globals";
import type { HttpRequest } from "../../../src/ports/socket-server.ts";
import { type Harness, handshake } from "./harness.ts";
import { eventually, Inbox } from "./inbox.ts";

/** The way from a request to a WebSocket, or to the answer that refuses it. */
export function upgradeBehaviour(harness: Harness): void {
  describe("the upgrade", () => {
    test("the subprotocol that was decided on is selected, and no other is named", async () => {
      const requests: HttpRequest[] = [];
      const running = await harness.start({
        upgrade: (request, admit) => {
          requests.push(request);
          return admit("parlance.v1");
        },
      });
      const raw = await harness.raw(running);
      raw.write(handshake({ "Sec-WebSocket-Protocol": "parlance.v1, bearer.a.b.c" }));
      const head = await raw.until("\r\n\r\n");
      expect(head).toContain("HTTP/1.1 101 ");
      expect(head).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
      expect(head).toContain("Sec-WebSocket-Protocol: parlance.v1\r\n");
      expect(head).not.toContain("bearer");
      expect(requests[0]).toMatchObject({ method: "GET", path: "/v1/chat", peer: "127.0.0.1" });
      expect(requests[0]?.headers["sec-websocket-protocol"]).toBe("parlance.v1, bearer.a.b.c");
    });

    test("a client that offers none is given none, and compression is never agreed on", async () => {
      const running = await harness.start();
      const { client } = await harness.open(running);
      expect(client.ws.protocol).toBe("");
      expect(client.ws.extensions).toBe("");
    });

    test("a decision may take its time", async () => {
      const running = await harness.start({
        upgrade: async ({ path, query }, admit) => {
          await new Promise((resolve) => setImmediate(resolve));
          return admit(path === "/other" && query === "a=b" ? "late" : "wrong");
        },
      });
      const client = harness.client(running, { path: "/other?a=b", protocols: ["early", "late"] });
      await client.opened;
      expect(client.ws.protocol).toBe("late");
    });

    test("frames sent in the turn of the 101 come first and in order", async () => {
      const running = await harness.start({
        opened: (socket) => {
          socket.send("ready");
          socket.send("second");
        },
      });
      const { client, owned } = await harness.open(running);
      owned.socket.send("third");
      expect(await client.texts.next()).toBe("ready");
      expect(await client.texts.next()).toBe("second");
      expect(await client.texts.next()).toBe("third");
    });

    test.each([
      ["at once", async () => undefined],
      ["later", () => new Promise((resolve) => setImmediate(resolve))],
    ])("a refusal %s is a plain answer with its headers and body", async (_, wait) => {
      const running = await harness.start({
        upgrade: async () => {
          await wait();
          return {
            accept: false,
            response: { status: 401, headers: { "Retry-After": "7" }, body: '{"error":{}}' },
          };
        },
      });
      const raw = await harness.raw(running);
      raw.write(handshake());
      const answer = await raw.until('{"error":{}}');
      expect(answer).toContain("HTTP/1.1 401 Unauthorized\r\n");
      expect(answer.toLowerCase()).toContain("retry-after: 7\r\n");
      expect(answer.toLowerCase()).toContain("content-length: 12\r\n");
      expect(running.owned.all).toEqual([]);
    });

    test("a decision that throws is answered 500 and reported", async () => {
      const running = await harness.start({ upgrade: () => Promise.reject(new Error("broken")) });
      const raw = await harness.raw(running);
      raw.write(handshake());
      const answer = await raw.until('"INTERNAL"');
      expect(answer).toContain("HTTP/1.1 500 ");
      expect(running.failures).toEqual([new Error("broken")]);
    });

    test("a peer that leaves while the decision is made is abandoned, not opened", async () => {
      const pending = new Inbox<HttpRequest>();
      let decide = (): void => undefined;
      const decided = new Promise<void>((resolve) => {
        decide = resolve;
      });
      const running = await harness.start({
        upgrade: async (request, admit) => {
          pending.push(request);
          await decided;
          return admit();
        },
      });
      const leaving = [await harness.raw(running), await harness.raw(running)];
      for (const raw of leaving) raw.write(handshake());
      const requests = [await pending.next(), await pending.next()];
      leaving[0]?.socket.end();
      leaving[1]?.socket.resetAndDestroy();
      await eventually(() => requests.every(({ gone }) => gone.aborted));
      expect(running.abandoned()).toBe(0);
      decide();
      await eventually(() => running.abandoned() === 2);
      expect(running.owned.all).toEqual([]);
      expect(running.failures).toEqual([]);
    });

    test("a request without Upgrade is plain HTTP, whatever else it carries", async () => {
      const running = await harness.start({ http: ({ path }) => ({ status: 200, body: `plain ${path}` }) });
      for (const changes of [
        { Upgrade: null },
        { Upgrade: null, Connection: null },
        { Connection: null },
        { Upgrade: "h2c" },
      ]) {
        const raw = await harness.raw(running);
        raw.write(handshake(changes));
        expect(await raw.until("plain /v1/chat")).toContain("HTTP/1.1 200 OK");
      }
      expect(running.owned.all).toEqual([]);
    });

    test.each([
      ["another version", { "Sec-WebSocket-Version": "12" }, "HTTP/1.1 426 "],
      ["no version", { "Sec-WebSocket-Version": null }, "HTTP/1.1 426 "],
      ["no key", { "Sec-WebSocket-Key": null }, "HTTP/1.1 400 "],
      ["a key of other length", { "Sec-WebSocket-Key": "c2hvcnQ=" }, "HTTP/1.1 400 "],
      ["a key that is no base64", { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }, "HTTP/1.1 400 "],
      ["the same protocol twice", { "Sec-WebSocket-Protocol": "a, a" }, "HTTP/1.1 400 "],
      ["protocols that are no names", { "Sec-WebSocket-Protocol": "a,,(b)" }, "HTTP/1.1 400 "],
    ])("a handshake with %s is refused before anybody is asked", async (_, changes, status) => {
      let asked = 0;
      const running = await harness.start({
        http: () => {
          asked += 1;
          return { status: 200 };
        },
        upgrade: (_request, admit) => {
          asked += 1;
          return admit();
        },
      });
      const raw = await harness.raw(running);
      raw.write(handshake(changes));
      const answer = await raw.until('{"error"');
      expect(answer).toContain(status);
      if (status.includes("426")) expect(answer.toLowerCase()).toContain("sec-websocket-version: 13\r\n");
      expect(asked).toBe(0);
    });

    test("upgrades beyond the bound of pending ones are answered 503, and those within it open", async () => {
      let decide = (): void => undefined;
      const decided = new Promise<void>((resolve) => {
        decide = resolve;
      });
      let asked = 0;
      const running = await harness.start({
        limits: { pendingUpgrades: 2 },
        upgrade: async (_request, admit) => {
          asked += 1;
          await decided;
          return admit();
        },
      });
      const waiting = [harness.client(running), harness.client(running)];
      await eventually(() => asked === 2);
      const raw = await harness.raw(running);
      raw.write(handshake());
      const answer = await raw.until('{"error"');
      expect(answer).toContain("HTTP/1.1 503 ");
      expect(answer.toLowerCase()).toContain("retry-after: 1\r\n");
      expect(asked).toBe(2);
      decide();
      await Promise.all(waiting.map((client) => client.opened));
      await harness.client(running).opened;
    });
  });
}
