import { describe, expect, test } from "@jest/globals";
import { BodyTooLarge, type HttpRequest, type HttpResponse } from "../../../src/ports/socket-server.ts";
import type { Harness, Running } from "./harness.ts";
import { eventually, Inbox } from "./inbox.ts";

const get = (running: Running, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${running.port}${path}`, init);

/** Plain HTTP: what a handler is given, and what becomes of its answer. */
export function httpBehaviour(harness: Harness): void {
  describe("HTTP", () => {
    test("a handler is given method, path, query, headers and peer, and its answer arrives whole", async () => {
      const requests: HttpRequest[] = [];
      const running = await harness.start({
        http: (request) => {
          requests.push(request);
          return { status: 201, headers: { "X-Made": "yes" }, body: "grüße" };
        },
      });
      const response = await get(running, "/a%20b/c?x=1&y=%2F", {
        method: "PATCH",
        headers: { "X-Thing": "Value", Authorization: "Bearer abc" },
      });
      expect(response.status).toBe(201);
      expect(response.headers.get("x-made")).toBe("yes");
      expect(response.headers.get("content-length")).toBe("7");
      expect(Date.parse(response.headers.get("date") ?? "")).not.toBeNaN();
      expect(await response.text()).toBe("grüße");
      expect(requests).toHaveLength(1);
      expect(requests[0]).toMatchObject({
        method: "PATCH",
        path: "/a%20b/c",
        query: "x=1&y=%2F",
        peer: "127.0.0.1",
      });
      expect(requests[0]?.headers["x-thing"]).toBe("Value");
      expect(requests[0]?.headers.authorization).toBe("Bearer abc");
      expect(requests[0]?.headers["not-sent"]).toBeUndefined();
      expect(requests[0]?.headers.toString).toBeUndefined();
    });

    test("an address without a query has an empty one", async () => {
      const running = await harness.start({ http: ({ query }) => ({ status: 200, body: `[${query}]` }) });
      expect(await (await get(running, "/plain")).text()).toBe("[]");
    });

    test("a header sent twice is joined", async () => {
      const running = await harness.start({
        http: ({ headers }) => ({ status: 200, body: `${headers["x-twice"]}|${headers.authorization}` }),
      });
      const raw = await harness.raw(running);
      raw.write(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-twice: 2\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
      );
      expect(await raw.until("1, 2|a, b")).toContain("HTTP/1.1 200 OK\r\n");
    });

    test("bytes arrive as they are", async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
      const running = await harness.start({ http: () => ({ status: 200, body: bytes }) });
      const received = new Uint8Array(await (await get(running, "/file")).arrayBuffer());
      expect(Buffer.compare(received, bytes)).toBe(0);
    });

    test("HEAD has the headers of GET and no body, and the connection goes on", async () => {
      const running = await harness.start({
        http: ({ method }) => ({ status: 200, headers: { "x-method": method }, body: "12345" }),
      });
      const raw = await harness.raw(running);
      raw.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
      const head = await raw.until("\r\n\r\n");
      expect(head.toLowerCase()).toContain("content-length: 5\r\n");
      expect(head.toLowerCase()).toContain("x-method: head\r\n");
      raw.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      const both = await raw.until("12345");
      expect(both.match(/12345/g)).toHaveLength(1);
    });

    test("204 and 304 have neither body nor length", async () => {
      const running = await harness.start({
        http: ({ path }) => ({ status: path === "/204" ? 204 : 304, body: "dropped" }),
      });
      const raw = await harness.raw(running);
      raw.write("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n");
      await raw.until("\r\n\r\n");
      raw.write("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
      const both = await raw.until("HTTP/1.1 304 Not Modified");
      expect(both).toContain("HTTP/1.1 204 No Content");
      expect(both).not.toContain("dropped");
      expect(both.toLowerCase()).not.toContain("content-length");
    });

    test("a body is read, with a declared length and in chunks", async () => {
      const running = await harness.start({
        http: async (request) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { status: 200, body: await request.body(1000) };
        },
      });
      const declared = await get(running, "/", { method: "POST", body: "hello" });
      expect(await declared.text()).toBe("hello");
      const raw = await harness.raw(running);
      raw.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      raw.write("6\r\n there\r\n0\r\n\r\n");
      expect(await raw.until("hello there")).toContain("200 OK");
    });

    test("a request without a body has an empty one", async () => {
      const running = await harness.start({
        http: async (request) => ({ status: 200, body: String((await request.body(10)).byteLength) }),
      });
      expect(await (await get(running, "/")).text()).toBe("0");
      expect(await (await get(running, "/", { method: "POST" })).text()).toBe("0");
    });

    test("a large body is not lost while the handler waits before it reads", async () => {
      const sent = "x".repeat(3_000_000);
      const received = new Inbox<HttpRequest>();
      let read = (): void => undefined;
      const told = new Promise<void>((resolve) => {
        read = resolve;
      });
      const running = await harness.start({
        http: async (request) => {
          received.push(request);
          await told;
          return { status: 200, body: String((await request.body(5_000_000)).byteLength) };
        },
      });
      const answered = get(running, "/", { method: "POST", body: sent });
      await received.next();
      // Another request's whole life is time enough for all that the first one's client can send by now.
      const other = await harness.start({ http: () => ({ status: 200, body: "other" }) });
      await (await get(other, "/")).text();
      read();
      expect(await (await answered).text()).toBe("3000000");
    });

    test.each([
      ["declared", "Content-Length: 200000\r\n\r\n", "x".repeat(200_000)],
      ["chunked", "Transfer-Encoding: chunked\r\n\r\n", `30d40\r\n${"x".repeat(200_000)}\r\n0\r\n\r\n`],
    ])(
      "a %s body over the limit is refused, and the connection serves the next request",
      async (_, head, body) => {
        const running = await harness.start({
          http: async (request): Promise<HttpResponse> => {
            if (request.method === "GET") return { status: 200, body: "next" };
            const outcome = await request.body(65_536).catch((error: unknown) => error);
            return { status: outcome instanceof BodyTooLarge ? 413 : 200, body: "answered" };
          },
        });
        const raw = await harness.raw(running);
        raw.write(`POST / HTTP/1.1\r\nHost: a\r\n${head}`);
        raw.write(body);
        expect(await raw.until("answered")).toContain("HTTP/1.1 413");
        raw.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await raw.until("next");
      },
    );

    test("a body of exactly the limit is taken", async () => {
      const running = await harness.start({
        http: async (request) => ({ status: 200, body: String((await request.body(65_536)).byteLength) }),
      });
      const response = await get(running, "/", { method: "POST", body: "x".repeat(65_536) });
      expect(await response.text()).toBe("65536");
    });

    test("an answer before the body was read does not spoil the next request", async () => {
      const running = await harness.start({
        http: ({ path }) => ({ status: path === "/refused" ? 401 : 200, body: path }),
      });
      const raw = await harness.raw(running);
      raw.write(`POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${"y".repeat(1000)}`);
      await raw.until("/refused");
      raw.write(`${"y".repeat(99_000)}GET /after HTTP/1.1\r\nHost: a\r\n\r\n`);
      await raw.until("/after");
    });

    test("a peer that goes away aborts the handler, which is no failure", async () => {
      let aborted = false;
      const running = await harness.start({
        http: (request) =>
          new Promise((_resolve, reject) => {
            request.gone.addEventListener("abort", () => {
              aborted = true;
              reject(request.gone.reason);
            });
            raw.end();
          }),
      });
      const raw = await harness.raw(running);
      raw.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      await eventually(() => aborted);
      expect(running.failures).toEqual([]);
    });

    test("a peer that goes away amid its body ends the reading", async () => {
      let asked = false;
      let outcome: unknown;
      const running = await harness.start({
        http: async (request) => {
          asked = true;
          outcome = await request.body(1000).catch((error: unknown) => error);
          return { status: 200, body: String(outcome === request.gone.reason) };
        },
      });
      const raw = await harness.raw(running);
      raw.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhalf");
      await eventually(() => asked);
      raw.end();
      await eventually(() => outcome !== undefined);
      expect(outcome).toMatchObject({ name: "AbortError" });
    });

    test("a signal is not aborted by an answer that arrived", async () => {
      let gone: AbortSignal | undefined;
      const running = await harness.start({
        http: (request) => {
          gone = request.gone;
          return { status: 200, body: "fine" };
        },
      });
      await (await get(running, "/", { headers: { connection: "close" } })).text();
      expect(gone?.aborted).toBe(false);
    });

    test.each([
      ["throws", () => Promise.reject(new Error("a secret detail"))],
      [
        "gives a header that would end the head",
        () => ({ status: 200, headers: { "x-a": "b\r\nset-cookie: c" } }),
      ],
      ["gives a header's name that is none", () => ({ status: 200, headers: { "x a": "b" } })],
      ["gives a status that is none", () => ({ status: 99 })],
    ])("a handler that %s is answered 500 and reported", async (_, http) => {
      const running = await harness.start({ http });
      const response = await get(running, "/");
      expect(response.status).toBe(500);
      const body = await response.text();
      expect(JSON.parse(body)).toEqual({ error: { code: "INTERNAL", message: expect.any(String) } });
      expect(body).not.toContain("secret");
      expect(response.headers.get("set-cookie")).toBeNull();
      expect(running.failures).toEqual([expect.any(Error)]);
    });

    test("headers about the connection are the server's own", async () => {
      const running = await harness.start({
        http: () => ({ status: 200, headers: { "Content-Length": "999", Connection: "close" }, body: "abc" }),
      });
      const response = await get(running, "/");
      expect(response.headers.get("content-length")).toBe("3");
      expect(await response.text()).toBe("abc");
    });
  });
}
