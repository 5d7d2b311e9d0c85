import { afterEach, describe, expect, test } from "@jest/globals";
import type { FakeTab } from "./fake-tabs.ts";
import { since, type Tab, Tabs, types } from "./tabs.ts";

let tabs = new Tabs();

afterEach(async () => {
  await tabs.end();
  tabs = new Tabs();
});

const live = (among: readonly Tab[]): string[] => among.map(({ client }) => client.connection.status);

describe("tabs that come together", () => {
  test.each([true, false])(
    "though many, open hardly more than one socket, being seen: %s",
    async (isSeen) => {
      // As slow as a telephone's network: nobody is to take the lead again before the first has its socket.
      tabs.gateway.latency = () => 900;
      const made = Array.from({ length: 20 }, () =>
        tabs.load((tab) => {
          tab.isVisible = isSeen;
        }),
      );
      for (const tab of made) tabs.start(tab);
      await tabs.gateway.clock.advance(20_000);
      expect(new Set(live(made))).toEqual(new Set(["live"]));
      expect(tabs.gateway.openSockets).toHaveLength(1);
      expect(tabs.gateway.sockets.length).toBeLessThanOrEqual(2);
    },
  );

  test("are served though the one that was offered the lead is gone before it takes it", async () => {
    const first = tabs.load();
    await tabs.connect(first);
    const [second, third] = [tabs.load(), tabs.load()];
    second.tab.onPost = ({ kind }) => {
      if (kind === "hello") second.tab.crash();
    };
    tabs.start(second);
    await tabs.gateway.clock.advance(100);
    tabs.start(third);
    await tabs.gateway.clock.advance(5_000);
    expect(live([first, third])).toEqual(["live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(1);
  });

  test("take the lead once from a tab that stopped, however slow the next socket is", async () => {
    for (let made = 0; made < 10; made++) {
      tabs.start(tabs.load());
      await tabs.gateway.clock.advance(40);
    }
    await tabs.gateway.clock.advance(5_000);
    tabs.gateway.latency = () => 900;
    const opened = since(tabs.gateway.sockets);
    tabs.leader.tab.freeze();
    await tabs.gateway.clock.advance(10_000);
    expect(opened()).toHaveLength(1);
  });
});

describe("a question of a tab that follows", () => {
  // On its way to the gateway; at the gateway, and its `ack` on the way back; acknowledged, and the answer begun.
  test.each([20, 60, 110])("is answered once where the leader is gone %i ms after it", async (moment) => {
    await tabs.three();
    const leader = tabs.leader;
    const [asker, other] = tabs.followers;
    tabs.gateway.latency = () => 50;
    tabs.gateway.isHeld = true;
    asker.client.send("Hello");
    await tabs.gateway.clock.advance(moment);
    leader.tab.crash();
    await tabs.gateway.clock.advance(3_000);
    tabs.gateway.latency = () => 0;
    expect(tabs.gateway.accepted).toHaveLength(1);
    await tabs.expectWhole(tabs.gateway.lastReply(), [asker, other]);
    for (const { client } of [asker, other]) expect(client.outbox).toEqual([]);
  });

  test("leaves nothing of itself in storage once it is acknowledged", async () => {
    await tabs.three();
    tabs.followers[0].client.send("A secret");
    expect([...tabs.gateway.storage.items.values()].join()).toContain("A secret");
    await tabs.gateway.clock.advance(0);
    expect([...tabs.gateway.storage.items.keys()]).toEqual([expect.stringMatching(/\|visitor$/)]);
    expect([...tabs.gateway.storage.items.values()].join()).not.toContain("secret");
  });
});

describe("a tab whose page is left", () => {
  test("gives up the lead at once, and has all that was said when it comes back", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    const leader = tabs.leader;
    const rest = tabs.followers;
    leader.tab.leave();
    await tabs.gateway.clock.advance(0);
    expect(rest).toContain(tabs.leader);
    tabs.gateway.stream(reply, 3);
    await tabs.gateway.clock.advance(0);
    for (const { text } of rest) expect(text(reply.id)).toBe(reply.text);
    await tabs.gateway.clock.advance(60_000);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    leader.tab.comeBack();
    await tabs.gateway.clock.advance(1_000);
    expect(live(made)).toEqual(["live", "live", "live"]);
    await tabs.expectWhole(reply, made);
    expect(tabs.gateway.openSockets).toHaveLength(1);
  });

  test("leaves no lock and no channel, as browsers keep pages only without", async () => {
    const tab = tabs.load();
    await tabs.connect(tab);
    tab.tab.leave();
    await tabs.gateway.clock.advance(0);
    expect([tabs.browser.holders.size, tabs.browser.openChannels]).toEqual([0, []]);
    tab.tab.comeBack();
    await tabs.gateway.clock.advance(0);
    expect(live([tab])).toEqual(["live"]);
  });
});

describe("time", () => {
  /** Three tabs whose clock can be set. */
  async function threeWithClock() {
    const by = { ms: 0 };
    const made = [0, 1, 2].map(() =>
      tabs.load(({ environment }) => {
        environment.now = () => tabs.gateway.clock.now() + by.ms;
      }),
    );
    for (const tab of made) await tabs.connect(tab);
    await tabs.gateway.clock.advance(3_000);
    return { by, made };
  }

  test("that a machine slept is nothing that the tabs do not get over together", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    tabs.gateway.clock.sleep(3_600_000);
    tabs.gateway.socket.drop(4401);
    for (const tab of made) tabs.start(tab);
    await tabs.gateway.clock.advance(5_000);
    expect(live(made)).toEqual(["live", "live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    await tabs.expectWhole(reply, made);
  });

  test("that went back does not make a frozen tab keep the lead", async () => {
    const { by } = await threeWithClock();
    const leader = tabs.leader;
    by.ms = -3_600_000;
    leader.tab.freeze();
    await tabs.gateway.clock.advance(5_000);
    expect(tabs.leader).not.toBe(leader);
  });

  test("that went back does not keep frames from being sent", async () => {
    const { by, made } = await threeWithClock();
    const [{ client }] = made as [Tab];
    const ask = (): Promise<unknown>[] => Array.from({ length: 45 }, () => client.conversations());
    const before = ask();
    await tabs.gateway.clock.advance(3_000);
    await Promise.all(before);
    by.ms = -3_600_000;
    const after = ask();
    await tabs.gateway.clock.advance(3_000);
    await Promise.all(after);
    expect(tabs.gateway.sockets.flatMap((socket) => socket.sent("conversations"))).toHaveLength(90);
  });

  test("that went back does not keep a dead socket from being found", async () => {
    const { by, made } = await threeWithClock();
    by.ms = -3_600_000;
    tabs.gateway.socket.isSilent = true;
    await tabs.gateway.clock.advance(120_000);
    expect(live(made)).toEqual(["live", "live", "live"]);
    expect(tabs.gateway.openSockets.filter(({ isSilent }) => !isSilent)).toHaveLength(1);
  });

  test("that was set forward does not make tokens be asked for without a pause", async () => {
    const { by } = await threeWithClock();
    by.ms = 3_600_000;
    const asked = since(tabs.gateway.sessions);
    await tabs.gateway.clock.advance(1_800_000);
    expect(asked().length).toBeLessThan(100);
  });
});

describe("what others say on the channel", () => {
  const junk: unknown[] = [
    null,
    7,
    "hello",
    [],
    {},
    { kind: 1, from: "x" },
    { kind: "hello" },
    { kind: "of a version to come", from: "x", to: "y" },
    { kind: "down", from: "x" },
    { kind: "down", from: "x", frame: null },
    { kind: "down", from: "x", frame: { type: 1 } },
    { kind: "down", from: "x", frame: { type: "token" }, only: "y" },
    { kind: "up", from: "x", to: "y" },
    { kind: "up", from: "x", to: "y", frame: "message" },
    { kind: "closed", from: "x" },
    { kind: "closed", from: "x", code: "4403", reason: "go away", opened: true },
    { kind: "yours", from: "x", to: "y" },
  ];

  /** Posts to the channel that the tabs have. */
  function stranger(): (message: unknown) => void {
    const tab = tabs.browser.tab(tabs.gateway.environment);
    const [name = ""] = tabs.browser.openChannels;
    return (message) => {
      const channel = tab.environment.tabs?.openChannel(name, () => undefined);
      channel?.post(message);
      channel?.close();
    };
  }

  test("and is no message of theirs does nothing to one tab, or to three", async () => {
    const first = tabs.load();
    await tabs.connect(first);
    for (const message of junk) stranger()(message);
    await tabs.gateway.clock.advance(1_000);
    expect(live([first])).toEqual(["live"]);
    const [second, third] = [tabs.load(), tabs.load()];
    for (const tab of [second, third]) await tabs.connect(tab);
    await tabs.gateway.clock.advance(3_000);
    const made = [first, second, third];
    const reply = await tabs.midReply(second);
    const states = made.map((tab) => since(tab.states));
    for (const message of junk) stranger()(message);
    await tabs.gateway.clock.advance(3_000);
    for (const entered of states) expect(entered()).toEqual([]);
    await tabs.expectWhole(reply, made);
  });

  test("in another version is another group's: each has its socket, and both see all", async () => {
    const next = (tab: FakeTab): void => {
      const { environment } = tab;
      if (environment.tabs === null) return;
      const { locks, openChannel } = environment.tabs;
      const later = (name: string): string => name.replace("|1|", "|2|");
      const request = (name: string, ...rest: [never, never]) => locks.request(later(name), ...rest);
      Object.assign(environment.tabs, {
        locks: { request },
        openChannel: (name: string, onMessage: () => void) => openChannel(later(name), onMessage),
      });
    };
    const made = [tabs.load(), tabs.load(), tabs.load(next), tabs.load(next)];
    for (const tab of made) await tabs.connect(tab);
    await tabs.gateway.clock.advance(3_000);
    expect(tabs.gateway.openSockets).toHaveLength(2);
    await tabs.expectWhole(await tabs.midReply(made[0] as Tab), made);
    for (const { frames } of made) expect(types(frames).filter((type) => type === "done")).toHaveLength(1);
  });
});
