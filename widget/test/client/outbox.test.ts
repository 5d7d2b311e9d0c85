import { describe, expect, test } from "@jest/globals";
import { outboxStorageKey } from "../../src/client/storage-keys.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient, makeLiveClient } from "./setup.ts";

const deliveries = ({ outbox }: { outbox: readonly { delivery: string }[] }): string[] =>
  outbox.map(({ delivery }) => delivery);

describe("a message", () => {
  test("leaves the outbox when the gateway acknowledges it", async () => {
    const { client, gateway } = await makeLiveClient();
    const id = client.send("Hello", { page: { url: "https://shop.test/", title: "Shop" } });
    expect(deliveries(client)).toEqual(["sending"]);
    await gateway.clock.advance(0);
    expect(client.outbox).toEqual([]);
    expect(gateway.socket.sent("message")).toEqual([
      { type: "message", id, content: "Hello", page: { url: "https://shop.test/", title: "Shop" } },
    ]);
  });

  test("written offline waits, and is sent on reconnect: each once, in order", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.isOffline = true;
    gateway.socket.drop();
    const ids = ["one", "two", "three"].map((text) => client.send(text));
    expect(deliveries(client)).toEqual(["queued", "queued", "queued"]);
    gateway.isOffline = false;
    await gateway.clock.advance(60_000);
    expect(gateway.accepted).toEqual(ids);
    expect(gateway.socket.sent("message").map(({ content }) => content)).toEqual(["one", "two", "three"]);
    expect(client.outbox).toEqual([]);
  });

  test("whose acknowledgement was lost is sent again under the same id and answered once", async () => {
    const { client, gateway } = await makeLiveClient();
    let isLost = false;
    gateway.onFrame = (frame, socket) => {
      if (frame.type === "message" && !isLost) {
        isLost = true;
        queueMicrotask(() => socket.drop());
      }
      return false;
    };
    gateway.latency = () => 1;
    const id = client.send("Hello");
    await gateway.clock.advance(5_000);
    const sent = gateway.sockets.flatMap((socket) => socket.sent("message"));
    expect(sent.map((frame) => frame.id)).toEqual([id, id]);
    expect(gateway.accepted).toEqual([id]);
    expect(client.outbox).toEqual([]);
  });

  test("survives a reload before it was sent", async () => {
    const first = await makeLiveClient();
    first.gateway.isOffline = true;
    first.gateway.socket.drop();
    const id = first.client.send("from the tunnel");
    first.client.destroy();

    first.gateway.isOffline = false;
    const second = makeClient({}, first.gateway);
    expect(second.client.outbox).toMatchObject([{ id, content: "from the tunnel", delivery: "queued" }]);
    await first.gateway.until(second.client.connect());
    await first.gateway.clock.advance(0);
    expect(first.gateway.accepted).toEqual([id]);
    expect(first.gateway.storage.items.has(outboxStorageKey(first.gateway.url, "pk_test", "anon_1"))).toBe(
      false,
    );
  });

  test("that another tab queued is kept when this one writes its list", async () => {
    const gateway = new FakeGateway();
    gateway.random = Math.random;
    const one = await makeLiveClient({}, gateway);
    const other = await makeLiveClient({}, gateway);
    gateway.isOffline = true;
    for (const socket of gateway.sockets) socket.drop();
    one.client.send("from the first tab");
    other.client.send("from the second tab");
    one.client.destroy();
    other.client.destroy();
    const reloaded = makeClient({}, gateway);
    expect(reloaded.client.outbox.map(({ content }) => content)).toEqual([
      "from the first tab",
      "from the second tab",
    ]);
  });

  test.each([
    ["BUDGET_EXHAUSTED", undefined],
    ["RATE_LIMITED", 30],
    ["INTERNAL", undefined],
  ] as const)("refused with %s fails with its code, and a retry keeps its id", async (code, retryAfter) => {
    const { client, gateway } = await makeLiveClient();
    let refusals = 1;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "message" || refusals-- <= 0) return false;
      const wait = retryAfter === undefined ? {} : { retryAfter };
      socket.push({ type: "error", code, message: "no", ref: frame.id, ...wait });
      return true;
    };
    const id = client.send("Hello");
    const next = client.send("Next");
    await gateway.clock.advance(0);
    expect(client.outbox).toMatchObject([{ id, delivery: "failed", error: { code } }]);
    expect(gateway.accepted).toEqual([next]);
    client.retry(id);
    await gateway.clock.advance(0);
    expect(gateway.accepted).toEqual([next, id]);
    expect(client.outbox).toEqual([]);
  });

  test("refused with a short retryAfter goes again by itself once, ahead of those behind it", async () => {
    const { client, gateway } = await makeLiveClient();
    let refusals = 1;
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "message" || refusals-- <= 0) return false;
      socket.push({ type: "error", code: "RATE_LIMITED", message: "slow", ref: frame.id, retryAfter: 3 });
      return true;
    };
    const ids = [client.send("one"), client.send("two")];
    await gateway.clock.advance(2_900);
    expect(deliveries(client)).toEqual(["sending", "queued"]);
    await gateway.clock.advance(200);
    expect(gateway.accepted).toEqual(ids);
  });

  test("refused again after it went again by itself fails", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.onFrame = (frame, socket) => {
      if (frame.type !== "message") return false;
      socket.push({ type: "error", code: "RATE_LIMITED", message: "slow", ref: frame.id, retryAfter: 1 });
      return true;
    };
    client.send("one");
    await gateway.clock.advance(10_000);
    expect(deliveries(client)).toEqual(["failed"]);
    expect(gateway.socket.sent("message")).toHaveLength(2);
  });

  test("that cannot fit in a frame fails without being sent", async () => {
    const { client, gateway } = await makeLiveClient();
    client.send("€".repeat(30_000));
    await gateway.clock.advance(0);
    expect(client.outbox).toMatchObject([{ delivery: "failed", error: { code: "MESSAGE_TOO_LARGE" } }]);
    expect(gateway.socket.sent("message")).toEqual([]);
  });

  test("beyond fifty that wait fails, and storage holds no more than them", () => {
    const { client } = makeClient();
    for (let count = 0; count < 51; count++) client.send(`message ${count}`);
    expect(client.outbox.filter(({ delivery }) => delivery === "queued")).toHaveLength(50);
    expect(client.outbox.at(-1)).toMatchObject({
      delivery: "failed",
      error: { code: "CONCURRENCY_LIMITED" },
    });
  });

  test("that was discarded is not sent", async () => {
    const { client, gateway } = makeClient();
    const id = client.send("never mind");
    client.discard(id);
    await gateway.until(client.connect());
    await gateway.clock.advance(0);
    expect(gateway.accepted).toEqual([]);
    expect(client.outbox).toEqual([]);
  });

  test("never acknowledged on a socket that seems alive is sent again on a new one", async () => {
    const { client, gateway } = await makeLiveClient();
    let swallowed = 1;
    gateway.onFrame = ({ type }) => type === "message" && swallowed-- > 0;
    const id = client.send("Hello");
    await gateway.clock.advance(25_000);
    expect(gateway.accepted).toEqual([id]);
    expect(gateway.sockets).toHaveLength(2);
  });
});

describe("whose message it is", () => {
  test("a visitor's goes along when the visitor signs in", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.isOffline = true;
    gateway.socket.drop();
    const id = client.send("as a visitor");
    gateway.isOffline = false;
    gateway.user = { id: "customer-7", anonymous: false };
    await gateway.until(client.identify("jwt"));
    await gateway.clock.advance(0);
    expect(gateway.sessions.at(-1)).toMatchObject({ userToken: "jwt" });
    expect(gateway.accepted).toEqual([id]);
    expect([...gateway.storage.items.keys()]).toEqual([]);
  });

  test("one user's never leaves as another's", async () => {
    const gateway = new FakeGateway();
    gateway.user = { id: "ann", anonymous: false };
    const { client } = await makeLiveClient({ userToken: "jwt-ann" }, gateway);
    gateway.isOffline = true;
    gateway.socket.drop();
    client.send("a secret of Ann");
    gateway.isOffline = false;
    gateway.user = { id: "bob", anonymous: false };
    await gateway.until(client.identify("jwt-bob"));
    await gateway.clock.advance(60_000);
    expect(client.outbox).toEqual([]);
    expect(gateway.accepted).toEqual([]);

    gateway.user = { id: "ann", anonymous: false };
    await gateway.until(client.identify("jwt-ann"));
    await gateway.clock.advance(0);
    expect(gateway.messages.map(({ content }) => content)).toEqual(["a secret of Ann"]);
  });

  test("logout forgets it, the visitor and the user", async () => {
    const { client, gateway } = await makeLiveClient();
    gateway.isOffline = true;
    gateway.socket.drop();
    client.send("forget me");
    client.logout();
    expect(client.outbox).toEqual([]);
    expect(client.connection.status).toBe("idle");
    expect([...gateway.storage.items.keys()]).toEqual([]);
    gateway.isOffline = false;
    await gateway.until(client.connect());
    expect(gateway.sessions.at(-1)).toEqual({ siteKey: "pk_test" });
  });
});
