import { afterEach, describe, expect, test } from "@jest/globals";
import { Tabs } from "./tabs.ts";

let tabs = new Tabs();

afterEach(async () => {
  await tabs.end();
  tabs = new Tabs();
});

describe("the lead", () => {
  test("passes on at once where its tab closes, and the answer has no seam", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const leader = tabs.leader;
    const rest = tabs.followers;
    leader.client.destroy();
    tabs.gateway.stream(reply, 5);
    await tabs.gateway.clock.advance(0);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    tabs.gateway.finish(reply);
    await tabs.gateway.clock.advance(0);
    for (const { text, client } of rest) {
      expect(client.connection.status).toBe("live");
      expect(text(reply.id)).toBe(reply.chunks.join(""));
    }
  });

  test("passes on where its tab crashes, without a word of it", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const rest = tabs.followers;
    tabs.leader.tab.crash();
    await tabs.gateway.clock.advance(0);
    await tabs.expectWhole(reply, rest);
  });

  test("is taken from a tab that does not answer within half a second, and a stop that was asked is not lost", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const leader = tabs.leader;
    const [follower] = tabs.followers;
    leader.tab.freeze();
    follower.client.cancel({ reply: reply.id });
    // What the frozen tab's socket got is not seen by anybody else.
    tabs.gateway.onFrame = (_, socket) => socket === tabs.gateway.sockets.at(-2);
    await tabs.gateway.clock.advance(490);
    expect(tabs.leader).toBe(leader);
    await tabs.gateway.clock.advance(20);
    expect(tabs.leader).toBe(follower);
    expect(follower.frames.at(-1)).toMatchObject({ type: "done", reason: "cancelled" });
    leader.tab.thaw();
    await tabs.gateway.clock.advance(5_000);
    expect(tabs.leader).toBe(follower);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    expect(leader.client.connection.status).toBe("live");
    expect(leader.frames.find(({ type }) => type === "done")).toMatchObject({ reason: "cancelled" });
  });

  test("is taken from a frozen tab though nobody asks for anything", async () => {
    await tabs.three();
    const leader = tabs.leader;
    leader.tab.freeze();
    await tabs.gateway.clock.advance(4_600);
    expect(tabs.leader).not.toBe(leader);
  });

  test("goes to the tab that is looked at, whose socket opens before the other closes", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const most: number[] = [];
    tabs.gateway.onUpgrade = () => {
      most.push(tabs.gateway.openSockets.length);
      return "accept";
    };
    for (const seen of [...tabs.followers, tabs.leader]) {
      tabs.browser.look(seen.tab);
      await tabs.gateway.clock.advance(0);
      expect(tabs.leader).toBe(seen);
      expect(tabs.gateway.openSockets).toHaveLength(1);
      tabs.gateway.stream(reply, 2);
      await tabs.gateway.clock.advance(0);
    }
    expect(most).toEqual([1, 1, 1]);
    tabs.gateway.finish(reply);
    await tabs.gateway.clock.advance(0);
    for (const { text, states } of made) {
      expect(text(reply.id)).toBe(reply.chunks.join(""));
      expect(states.map(({ status }) => status)).not.toContain("waiting");
    }
  });

  test("goes on to the tab that is looked at next, though the one before is still opening its socket", async () => {
    await tabs.three();
    const [next, last] = tabs.followers;
    tabs.gateway.latency = () => 400;
    tabs.browser.look(next.tab);
    await tabs.gateway.clock.advance(50);
    expect(tabs.leader).toBe(next);
    // A browser tells the tab that is looked at first.
    last.tab.show(true);
    await tabs.gateway.clock.advance(50);
    next.tab.show(false);
    await tabs.gateway.clock.advance(5_000);
    expect(tabs.leader).toBe(last);
    expect(tabs.gateway.openSockets).toHaveLength(1);
  });

  test("stays where it is while two tabs are looked at, or none", async () => {
    const made = await tabs.three();
    const leader = tabs.leader;
    tabs.browser.look(null);
    await tabs.gateway.clock.advance(60_000);
    leader.tab.show(true);
    made[0].tab.show(true);
    await tabs.gateway.clock.advance(60_000);
    expect(tabs.leader).toBe(leader);
  });

  test("stays where the gateway goes away: its tab opens the next socket first, and the others go along", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const leader = tabs.leader;
    tabs.gateway.socket.push({ type: "goaway", reconnectIn: 4, reason: "restart" });
    const before = tabs.gateway.sockets.length;
    await tabs.gateway.clock.advance(4_000);
    expect(tabs.gateway.sockets).toHaveLength(before + 1);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    expect(tabs.leader).toBe(leader);
    await tabs.expectWhole(reply, made);
  });
});
