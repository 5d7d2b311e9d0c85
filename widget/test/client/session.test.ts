import { describe, expect, test } from "@jest/globals";
import { visitorStorageKey } from "../../src/client/storage-keys.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient, makeLiveClient } from "./setup.ts";

const refused = { status: 401, body: { error: { code: "TOKEN_EXPIRED", message: "too old" } } };

describe("a token", () => {
  test.each([0, -3_600_000, 3_600_000])(
    "is renewed at 80 %% of its life over the open socket, the gateway's clock being %i ms ahead",
    async (clockAhead) => {
      const gateway = new FakeGateway();
      gateway.clockAhead = clockAhead;
      const { client } = await makeLiveClient({}, gateway);
      await gateway.clock.advance(719_000);
      expect(gateway.socket.sent("auth")).toEqual([]);
      await gateway.clock.advance(2_000);
      expect(gateway.socket.sent("auth")).toHaveLength(1);
      expect(gateway.sessions).toHaveLength(2);
      await gateway.clock.advance(720_000);
      expect(gateway.socket.sent("auth")).toHaveLength(2);
      expect(gateway.sockets).toHaveLength(1);
      expect(client.connection.status).toBe("live");
    },
  );

  test("that could not be renewed is tried again before it ends", async () => {
    const { gateway } = await makeLiveClient();
    gateway.onSession = () => ({ status: 500 });
    await gateway.clock.advance(721_000);
    gateway.onSession = () => null;
    await gateway.clock.advance(100_000);
    expect(gateway.socket.sent("auth")).toHaveLength(1);
  });

  test("that the customer no longer vouches for ends the session with its reason", async () => {
    const gateway = new FakeGateway();
    gateway.user = { id: "ann", anonymous: false };
    const { client } = await makeLiveClient({ userToken: "jwt" }, gateway);
    gateway.onSession = () => refused;
    await gateway.clock.advance(721_000);
    expect(client.connection.status).toBe("live");
    gateway.socket.drop(4401);
    await gateway.clock.advance(2_000);
    expect(client.connection).toMatchObject({ status: "stopped", code: "TOKEN_EXPIRED" });
    gateway.onSession = () => null;
    await gateway.until(client.identify("fresh jwt"));
    expect(client.connection.status).toBe("live");
  });

  test("known to have ended is not tried after a long sleep", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.socket.drop();
    gateway.clock.sleep(3_600_000);
    await gateway.clock.advance(1_000);
    expect(client.connection.status).toBe("live");
    expect(gateway.sockets.map(({ token }) => token)).toHaveLength(2);
    expect(gateway.sessions).toHaveLength(2);
  });
});

describe("a visitor", () => {
  test("comes back with the token of the last load", async () => {
    const { gateway, client } = await makeLiveClient();
    client.destroy();
    await makeLiveClient({}, gateway);
    expect(gateway.sessions[1]).toMatchObject({ visitorToken: expect.stringMatching(/^visitor-/) });
  });

  test("uses the token that another tab got last, since a former one may be dead", async () => {
    const gateway = new FakeGateway();
    const one = await makeLiveClient({}, gateway);
    await makeLiveClient({}, gateway);
    const stored: unknown = JSON.parse(
      gateway.storage.items.get(visitorStorageKey(gateway.url, "pk_test")) ?? "",
    );
    gateway.sockets[0]?.drop(4401);
    await gateway.clock.advance(1_000);
    expect(one.client.connection.status).toBe("live");
    expect(gateway.sessions.at(-1)?.visitorToken).toBe((stored as { token: string }).token);
  });

  test("leaves nothing in storage before consent, and is remembered once it is given", async () => {
    let mayStore = false;
    const { gateway, client } = await makeLiveClient({ mayStore: () => mayStore });
    client.send("Hello");
    await gateway.clock.advance(0);
    gateway.isOffline = true;
    gateway.socket.drop();
    client.send("offline");
    expect(gateway.storage.writes).toBe(0);
    mayStore = true;
    client.send("now you may");
    expect(gateway.storage.items.size).toBe(2);
  });

  test.each(["broken from the start", "broken later", "absent"])("goes on with storage %s", async (how) => {
    const gateway = new FakeGateway();
    gateway.storage.isBroken = how === "broken from the start";
    const environment = how === "absent" ? { ...gateway.environment, storage: null } : gateway.environment;
    const { client } = await makeLiveClient({ environment }, gateway);
    gateway.storage.isBroken = true;
    client.send("Hello");
    gateway.socket.drop(4401);
    await gateway.clock.advance(2_000);
    expect(gateway.accepted).toHaveLength(1);
    expect(gateway.sessions.at(-1)).toMatchObject({ visitorToken: expect.any(String) });
    client.logout();
    client.destroy();
  });

  test("with something unreadable in storage starts anew", async () => {
    const gateway = new FakeGateway();
    gateway.storage.items.set(visitorStorageKey(gateway.url, "pk_test"), "{not json");
    const { client } = await makeLiveClient({}, gateway);
    expect(client.connection.status).toBe("live");
  });

  test("is told of the session", async () => {
    const { client, gateway } = makeClient();
    const told: unknown[] = [];
    client.on("session", (session) => told.push(session));
    await gateway.until(client.connect());
    expect(told).toEqual([{ user: { id: "anon_1", anonymous: true }, settings: { title: "Help" } }]);
  });

  test("who signs in while a session is on its way ends up as that user", async () => {
    const { client, gateway } = makeClient();
    const connected = client.connect();
    const identified = client.identify("jwt");
    gateway.user = { id: "ann", anonymous: false };
    await gateway.clock.advance(0);
    await Promise.all([connected, identified]);
    expect(gateway.sessions.at(-1)).toMatchObject({ userToken: "jwt" });
    const minted = gateway.sockets.map(({ token }) => token);
    expect(minted).toHaveLength(1);
  });
});
