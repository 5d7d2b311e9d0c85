import { describe, expect, test } from "@jest/globals";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient, makeLiveClient } from "./setup.ts";

const body = (code: string): { error: { code: string; message: string } } => ({
  error: { code, message: code },
});

describe("connecting", () => {
  test("nothing happens before it is asked for", () => {
    const { client, gateway } = makeClient();
    expect(client.connection).toEqual({ status: "idle" });
    expect([gateway.sessions.length, gateway.sockets.length, gateway.clock.pending]).toEqual([0, 0, 0]);
  });

  test("mints a session, offers its token as a subprotocol, and is live with ready", async () => {
    const { client, gateway, states, frames } = await makeLiveClient();
    expect(gateway.sessions).toEqual([{ siteKey: "pk_test" }]);
    expect(gateway.socket.url).toBe("wss://gateway.test/v1/chat");
    expect(gateway.socket.protocols).toEqual(["parlance.v1", expect.stringMatching(/^bearer\.token-\d+$/)]);
    expect(states.map(({ status }) => status)).toEqual(["connecting", "live"]);
    expect(frames.map(({ type }) => type)).toEqual(["ready"]);
    expect(client.connection).toEqual({ status: "live" });
  });

  test("works with tokens handed out by the caller", async () => {
    let count = 0;
    const token = (): Promise<{ token: string; expiresAt: string }> =>
      Promise.resolve({ token: `own-${++count}`, expiresAt: "2026-01-01T01:00:00Z" });
    const gateway = new FakeGateway();
    const { environment, url } = gateway;
    const { createClient } = await import("../../src/client/index.ts");
    const client = createClient({ gateway: url, token, environment });
    await gateway.until(client.connect());
    expect(gateway.sessions).toEqual([]);
    expect(gateway.socket.token).toBe("own-1");
  });

  test("a loss is followed by tries after 1, 2, 4, 8, 16, 30, 30 s with full jitter", async () => {
    const { client, gateway } = await makeLiveClient();
    await gateway.clock.advance(10_000);
    gateway.random = () => 0.5;
    gateway.isOffline = true;
    gateway.socket.drop();
    const waits: number[] = [];
    for (let count = 0; count < 7; count++) {
      const state = client.connection;
      if (state.status !== "waiting") throw new Error(`is ${state.status}`);
      expect(state.attempt).toBe(count + 1);
      waits.push(state.retryAt - gateway.clock.now());
      await gateway.clock.advance(state.retryAt - gateway.clock.now());
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test("the backoff starts anew only after a connection that held for 10 s", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.socket.drop();
    await gateway.clock.advance(500);
    expect(client.connection.status).toBe("live");
    gateway.socket.drop();
    expect(client.connection).toMatchObject({ status: "waiting", attempt: 2 });
    await gateway.clock.advance(1_000);
    await gateway.clock.advance(10_000);
    gateway.socket.drop();
    expect(client.connection).toMatchObject({ status: "waiting", attempt: 1 });
  });

  test("an upgrade that hangs is given up", async () => {
    const gateway = new FakeGateway();
    gateway.onUpgrade = () => (gateway.sockets.length === 1 ? "hang" : "accept");
    const { client } = makeClient({}, gateway);
    const connected = client.connect();
    await gateway.clock.advance(16_000);
    await connected;
    expect(gateway.sockets).toHaveLength(2);
  });
});

describe("a refused session", () => {
  test.each([
    [401, "UNAUTHORIZED"],
    [403, "FORBIDDEN"],
    [403, "CHALLENGE_REQUIRED"],
  ])("%i %s stops", async (status, code) => {
    const gateway = new FakeGateway();
    gateway.onSession = () => ({ status, body: body(code) });
    const { client } = makeClient({}, gateway);
    await expect(gateway.until(client.connect())).rejects.toMatchObject({ code });
    expect(client.connection).toMatchObject({ status: "stopped", code });
    expect(gateway.clock.pending).toBe(0);
  });

  test("429 waits for Retry-After, waking or not", async () => {
    const gateway = new FakeGateway();
    gateway.onSession = () => ({ status: 429, body: body("RATE_LIMITED"), headers: { "Retry-After": "7" } });
    const { client } = makeClient({}, gateway);
    const connected = client.connect();
    await gateway.clock.advance(0);
    gateway.onSession = () => null;
    await gateway.clock.advance(6_000);
    gateway.wake();
    await gateway.clock.advance(0);
    expect(gateway.sessions).toHaveLength(1);
    await gateway.clock.advance(1_000);
    await connected;
  });

  test("a stored visitor that is refused comes in as a new one", async () => {
    const first = await makeLiveClient();
    first.client.destroy();
    first.gateway.onSession = ({ visitorToken }) =>
      visitorToken === undefined ? null : { status: 401, body: body("UNAUTHORIZED") };
    const { client } = makeClient({}, first.gateway);
    await first.gateway.until(client.connect());
    expect(client.connection.status).toBe("live");
  });
});

describe("after an upgrade that never opened, the probe decides", () => {
  async function refusedOnce(answer: { status: number; code?: string; retryAfter?: string }) {
    const gateway = new FakeGateway();
    gateway.onUpgrade = () => (gateway.sockets.length === 1 ? "refuse" : "accept");
    gateway.onProbe = () => ({
      status: answer.status,
      ...(answer.code === undefined ? {} : { body: body(answer.code) }),
      ...(answer.retryAfter === undefined ? {} : { headers: { "Retry-After": answer.retryAfter } }),
    });
    const setup = makeClient({}, gateway);
    const connected = setup.client.connect();
    const failed = connected.then(
      () => null,
      (error: unknown) => error,
    );
    await gateway.clock.advance(0);
    expect(gateway.probes).toEqual([gateway.sockets[0]?.token]);
    return { ...setup, failed };
  }

  test("204: try again, with the same token", async () => {
    const { gateway, client } = await refusedOnce({ status: 204 });
    await gateway.clock.advance(1_000);
    expect(client.connection.status).toBe("live");
    expect(gateway.sessions).toHaveLength(1);
  });

  test("401 TOKEN_EXPIRED: try again with a fresh one", async () => {
    const { gateway, client } = await refusedOnce({ status: 401, code: "TOKEN_EXPIRED" });
    await gateway.clock.advance(1_000);
    expect(client.connection.status).toBe("live");
    expect(gateway.sessions).toHaveLength(2);
    expect(gateway.sockets[1]?.token).not.toBe(gateway.sockets[0]?.token);
  });

  test.each([
    [401, "UNAUTHORIZED"],
    [403, "FORBIDDEN"],
  ])("%i %s: stop", async (status, code) => {
    const { client, gateway, failed } = await refusedOnce({ status, code });
    expect(client.connection).toMatchObject({ status: "stopped", code });
    expect(await failed).toMatchObject({ code });
    await gateway.clock.advance(120_000);
    expect(gateway.sockets).toHaveLength(1);
  });

  test.each([
    [429, "RATE_LIMITED"],
    [503, "INTERNAL"],
  ])("%i: wait for Retry-After", async (status, code) => {
    const { client, gateway } = await refusedOnce({ status, code, retryAfter: "12" });
    expect(client.connection).toMatchObject({ retryAt: gateway.clock.now() + 12_000 });
    await gateway.clock.advance(12_000);
    expect(client.connection.status).toBe("live");
  });

  test("401 for a token that was good before: its key has gone, a fresh one decides", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.onUpgrade = () => (gateway.sockets.length === 2 ? "refuse" : "accept");
    gateway.onProbe = () => ({ status: 401, body: body("UNAUTHORIZED") });
    gateway.socket.drop();
    await gateway.clock.advance(5_000);
    expect(client.connection.status).toBe("live");
    expect(gateway.sessions).toHaveLength(2);
  });
});

describe("close codes", () => {
  test.each([1000, 1001, 1006, 1011, 1012, 4408, 4450, 4499])(
    "%i: come back with the same token",
    async (code) => {
      const { gateway, client } = await makeLiveClient();
      gateway.socket.drop(code);
      await gateway.clock.advance(1_000);
      expect(client.connection.status).toBe("live");
      expect(gateway.sessions).toHaveLength(1);
    },
  );

  test("4429: come back, but not at once", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.random = () => 0;
    gateway.socket.drop(4429);
    await gateway.clock.advance(900);
    expect(client.connection.status).toBe("waiting");
    await gateway.clock.advance(100);
    expect(client.connection.status).toBe("live");
  });

  test("4401: come back with a fresh token", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.socket.drop(4401);
    await gateway.clock.advance(1_000);
    expect(client.connection.status).toBe("live");
    expect(gateway.sessions).toHaveLength(2);
    expect(gateway.socket.token).not.toBe(gateway.sockets[0]?.token);
  });

  test.each([
    [4400, "INVALID_FRAME"],
    [4403, "FORBIDDEN"],
    [4410, "FORBIDDEN"],
  ])("%i: stay away until connect is called", async (code, told) => {
    const { gateway, client } = await makeLiveClient();
    gateway.socket.drop(code);
    expect(client.connection).toMatchObject({ status: "stopped", code: told });
    gateway.wake();
    await gateway.clock.advance(120_000);
    expect(gateway.sockets).toHaveLength(1);
    await gateway.until(client.connect());
    expect(client.connection.status).toBe("live");
  });

  test("1009: what was sent last has failed, the rest goes on", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "message" || frame.content !== "big") return false;
      socket.drop(1009);
      return true;
    };
    const big = client.send("big");
    const small = client.send("small");
    await gateway.clock.advance(1_000);
    expect(client.outbox).toMatchObject([
      { id: big, delivery: "failed", error: { code: "MESSAGE_TOO_LARGE" } },
    ]);
    expect(gateway.accepted).toEqual([small]);
  });
});
