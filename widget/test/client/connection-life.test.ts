import { describe, expect, test } from "@jest/globals";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient, makeLiveClient } from "./setup.ts";

describe("a half-open socket", () => {
  test("is found after 45 s of silence and 10 s without an answer, and left", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.socket.isSilent = true;
    await gateway.clock.advance(54_900);
    expect(client.connection.status).toBe("live");
    await gateway.clock.advance(700);
    expect(gateway.sockets).toHaveLength(2);
    expect(client.connection.status).toBe("live");
  });

  test("one that answers is kept, and pinged only in silence", async () => {
    const { gateway, client } = await makeLiveClient();
    await gateway.clock.advance(44_000);
    gateway.socket.push({ type: "pong" });
    await gateway.clock.advance(44_000);
    expect(gateway.socket.sent("ping")).toHaveLength(0);
    await gateway.clock.advance(200_000);
    expect(gateway.socket.sent("ping").length).toBeGreaterThan(2);
    expect(gateway.sockets).toHaveLength(1);
    expect(client.connection.status).toBe("live");
  });

  test("is found within 10 s of waking", async () => {
    const { gateway } = await makeLiveClient();
    gateway.socket.isSilent = true;
    gateway.clock.sleep(20_000);
    gateway.wake();
    await gateway.clock.advance(11_000);
    expect(gateway.sockets).toHaveLength(2);
  });
});

describe("waking up", () => {
  test("tries at once instead of waiting", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.isOffline = true;
    gateway.socket.drop();
    await gateway.clock.advance(30_000);
    gateway.isOffline = false;
    gateway.wake();
    await gateway.clock.advance(0);
    expect(client.connection.status).toBe("live");
  });
});

describe("goaway", () => {
  test("opens the next socket first, resumes there, and closes the old one", async () => {
    const { gateway, client, states, text } = await makeLiveClient();
    gateway.isHeld = true;
    client.send("Tell me");
    await gateway.clock.advance(0);
    const reply = gateway.lastReply();
    gateway.stream(reply, 1);
    const old = gateway.socket;
    old.push({ type: "goaway", reconnectIn: 10, reason: "restart" });
    await gateway.clock.advance(4_900);
    expect(gateway.sockets).toHaveLength(1);
    await gateway.clock.advance(200);
    expect(gateway.sockets).toHaveLength(2);
    expect(old.isOpen).toBe(false);
    expect(gateway.socket.sent("resume")).toMatchObject([{ reply: reply.id, after: 1 }]);
    gateway.finish(reply);
    await gateway.clock.advance(0);
    expect(text(reply.id)).toBe(reply.text);
    expect(states.map(({ status }) => status)).toEqual(["connecting", "live", "live"]);
  });

  test("what was asked on the old socket is answered on the new one", async () => {
    const { gateway, client } = await makeLiveClient();
    let swallowed = 1;
    gateway.onFrame = ({ type }) => type === "conversations" && swallowed-- > 0;
    const answer = client.conversations();
    gateway.socket.push({ type: "goaway", reconnectIn: 0, reason: "restart" });
    await gateway.clock.advance(10);
    expect(await answer).toMatchObject({ type: "conversations" });
  });

  test("a next socket that does not open leaves the old one in use", async () => {
    const { gateway, client } = await makeLiveClient();
    gateway.onUpgrade = () => "refuse";
    const old = gateway.socket;
    old.push({ type: "goaway", reconnectIn: 0, reason: "restart" });
    await gateway.clock.advance(10);
    client.send("still here");
    await gateway.clock.advance(0);
    expect(old.sent("message")).toHaveLength(1);
    gateway.onUpgrade = () => "accept";
    old.drop(1012);
    await gateway.clock.advance(1_000);
    expect(client.connection.status).toBe("live");
  });

  test("a next socket that does not open is tried again, while the old one is in use", async () => {
    const { gateway, states } = await makeLiveClient();
    gateway.onUpgrade = () => "refuse";
    const old = gateway.socket;
    old.push({ type: "goaway", reconnectIn: 0, reason: "restart" });
    await gateway.clock.advance(3_000);
    expect(gateway.sockets.length).toBeGreaterThan(2);
    expect(old.isOpen).toBe(true);
    gateway.onUpgrade = () => "accept";
    await gateway.clock.advance(8_000);
    expect(old.isOpen).toBe(false);
    expect(states.map(({ status }) => status)).toEqual(["connecting", "live", "live"]);
  });
});

describe("the end", () => {
  test.each(["connecting", "live", "waiting", "goaway"])(
    "destroy while %s leaves no timer, listener or socket",
    async (when) => {
      const gateway = new FakeGateway();
      const { client } = makeClient({}, gateway);
      const connected = client.connect().catch(() => undefined);
      if (when !== "connecting") await gateway.clock.advance(0);
      if (when === "waiting") gateway.socket.drop();
      if (when === "goaway") {
        gateway.socket.push({ type: "goaway", reconnectIn: 10, reason: "restart" });
        client.send("on its way");
      }
      const open = when === "live" ? client.open("new").catch(() => undefined) : undefined;
      client.destroy();
      await gateway.clock.advance(0);
      await Promise.all([connected, open]);
      expect(gateway.clock.pending).toBe(0);
      expect(gateway.wakeListeners.size).toBe(0);
      expect(gateway.leaveListeners.size).toBe(0);
      expect(gateway.sockets.filter(({ isOpen }) => isOpen)).toEqual([]);
    },
  );

  test("the page that is left has no socket and no word for it, and comes back at once with what waits", async () => {
    const { client, gateway, states } = await makeLiveClient();
    gateway.isHeld = true;
    gateway.leave();
    expect(gateway.openSockets).toEqual([]);
    client.send("Hello");
    gateway.wake();
    await gateway.clock.advance(0);
    expect(client.connection.status).toBe("live");
    expect(gateway.accepted).toHaveLength(1);
    expect(states.map(({ status }) => status)).toEqual([
      "connecting",
      "live",
      "waiting",
      "connecting",
      "live",
    ]);
  });

  test("a page that is left before it was connected has nothing to end", async () => {
    const { client, gateway } = makeClient();
    gateway.leave();
    await gateway.clock.advance(60_000);
    expect([client.connection.status, gateway.sockets]).toEqual(["idle", []]);
  });

  test("close stays closed, and keeps what waits", async () => {
    const { client, gateway } = await makeLiveClient();
    client.close();
    const id = client.send("later");
    gateway.wake();
    await gateway.clock.advance(120_000);
    expect(client.connection.status).toBe("idle");
    expect(gateway.sockets).toHaveLength(1);
    await gateway.until(client.connect());
    await gateway.clock.advance(0);
    expect(gateway.accepted).toEqual([id]);
  });
});
