import { afterEach, describe, expect, test } from "@jest/globals";
import type { FakeTab } from "./fake-tabs.ts";
import { makeLiveClient } from "./setup.ts";
import { since, type Tab, Tabs, types } from "./tabs.ts";

let tabs = new Tabs();

afterEach(async () => {
  await tabs.end();
  tabs = new Tabs();
});

describe("tabs of one user", () => {
  test("have one socket, and all of them are live", async () => {
    const made = await tabs.three();
    expect(made.map(({ client }) => client.connection.status)).toEqual(["live", "live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(1);
  });

  test("see a question and its answer, each once, and the answers to a tab's own frames nowhere else", async () => {
    const made = await tabs.three();
    const [asker, other] = tabs.followers;
    const seen = new Map(made.map((tab) => [tab, since(tab.frames)]));
    asker.client.send("Hello");
    await tabs.gateway.clock.advance(0);
    for (const tab of made) {
      const mine = tab === asker ? "ack" : "message";
      expect(types(seen.get(tab)?.() ?? [])).toEqual([mine, "typing", "token", "token", "typing", "done"]);
      expect(tab.text(tabs.gateway.lastReply().id)).toBe("Echo: Hello");
    }
    const told = other.frames.find(({ type }) => type === "message");
    expect(told).toMatchObject({
      message: { clientId: tabs.gateway.accepted[0], role: "user", content: "Hello" },
    });
    expect(tabs.gateway.accepted).toHaveLength(1);
  });

  test("ask for themselves: what one opens, no other is shown, and no answer is taken for another's", async () => {
    const made = await tabs.three();
    await tabs.midReply(made[0]);
    const conversation = tabs.gateway.conversation ?? "";
    const opened = made.map(({ client }) => client.open(conversation));
    const listed = made.map(({ client }) => client.conversations());
    await tabs.gateway.clock.advance(0);
    for (const answer of await Promise.all(opened)) expect(answer.conversation).toBe(conversation);
    await Promise.all(listed);
    for (const { frames } of made) {
      expect(frames.filter(({ type }) => type === "conversation")).toHaveLength(1);
      expect(frames.filter(({ type }) => type === "conversations")).toHaveLength(1);
    }
  });

  test("see each other type, and not themselves", async () => {
    const made = await tabs.three();
    await tabs.midReply(made[0]);
    const [typist] = tabs.followers;
    const seen = made.map((tab) => ({ tab, frames: since(tab.frames) }));
    typist.client.typing(true, tabs.gateway.conversation ?? "");
    await tabs.gateway.clock.advance(0);
    for (const { tab, frames } of seen) expect(types(frames())).toEqual(tab === typist ? [] : ["typing"]);
  });

  test("see what one of them edits and clears, and only that one has its request named", async () => {
    const made = await tabs.three();
    await tabs.midReply(made[0]);
    const [editor, other] = tabs.followers;
    const [conversation, message] = [tabs.gateway.conversation ?? "", tabs.gateway.messages[0]?.id ?? ""];
    tabs.gateway.onFrame = ({ type, id = "" }, socket) => {
      if (type !== "edit") return false;
      socket.push({ type: "truncate", conversation, after: null, ref: id });
      socket.push({ type: "ack", id, conversation, message: "message-new", reply: "reply-new" });
      return true;
    };
    const seen = { editor: since(editor.frames), other: since(other.frames) };
    const id = editor.client.edit(message, "Better");
    await tabs.gateway.clock.advance(0);
    expect(seen.editor()).toMatchObject([
      { type: "truncate", ref: id },
      { type: "ack", id },
    ]);
    const [truncated, told] = seen.other();
    expect(truncated).toEqual({ type: "truncate", conversation, after: null });
    expect(told).toMatchObject({ message: { id: "message-new", clientId: id, content: "Better" } });
    const cleared = other.client.clear(conversation);
    await tabs.gateway.clock.advance(0);
    await cleared;
    expect([types(seen.editor()).at(-1), types(seen.other()).at(-2)]).toEqual(["cleared", "cleared"]);
  });

  test("stop what any of them asked", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    made[1].client.cancel({ reply: reply.id });
    await tabs.gateway.clock.advance(0);
    for (const { frames } of made) expect(frames.at(-1)).toMatchObject({ type: "done", reason: "cancelled" });
  });

  test("hear of the trouble with a frame only where it was sent", async () => {
    await tabs.three();
    const [sender, other] = tabs.followers;
    const onOthers = since(other.frames);
    tabs.gateway.onFrame = (frame, socket) => {
      if (frame.type !== "cancel") return false;
      socket.push({ type: "error", code: "NOT_FOUND", message: "no such reply", ref: frame.id ?? "" });
      return true;
    };
    sender.client.cancel({ reply: "reply-0" });
    await tabs.gateway.clock.advance(0);
    expect(sender.frames.at(-1)).toEqual({ type: "error", code: "NOT_FOUND", message: "no such reply" });
    expect(onOthers()).toEqual([]);
  });

  test("come in the middle of an answer and catch up without asking the gateway for it", async () => {
    const [first] = await tabs.three();
    const reply = await tabs.midReply(first);
    const late = tabs.load();
    late.tab.isVisible = false;
    const asked = (): number => tabs.gateway.sockets.flatMap((socket) => socket.sent("resume")).length;
    const before = asked();
    await tabs.connect(late);
    expect(late.text(reply.id)).toBe(reply.text);
    await tabs.expectWhole(reply, tabs.all);
    expect(asked()).toBe(before);
  });

  test("send a question that both hold once", async () => {
    await tabs.three();
    tabs.gateway.onFrame = (frame) => frame.type === "message";
    const [asker] = tabs.followers;
    asker.client.send("Hello");
    await tabs.gateway.clock.advance(0);
    // Loaded anew, another tab finds it in what is stored, and sends it as well.
    const late = tabs.load();
    await tabs.connect(late);
    tabs.gateway.onFrame = () => false;
    await tabs.gateway.clock.advance(60_000);
    expect(tabs.gateway.accepted).toHaveLength(1);
    for (const { client } of tabs.all) expect(client.outbox).toEqual([]);
  });

  test("send no faster than one socket may", async () => {
    const made = await tabs.three();
    await tabs.midReply(made[0]);
    const conversation = tabs.gateway.conversation ?? "";
    const sentAt: number[] = [];
    tabs.gateway.onFrame = () => sentAt.push(tabs.gateway.clock.now()) < 0;
    const asked = made.flatMap(({ client }) => Array.from({ length: 40 }, () => client.open(conversation)));
    await tabs.gateway.clock.advance(10_000);
    await Promise.all(asked);
    expect(sentAt.length).toBeGreaterThanOrEqual(120);
    for (const at of sentAt) {
      expect(sentAt.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(50);
    }
  });

  test("are told of a frame that was too large only where it was sent", async () => {
    await tabs.three();
    const [asker, other] = tabs.followers;
    tabs.gateway.onFrame = (frame, socket) => {
      if (frame.type === "message" && frame.content === "large") socket.drop(1009);
      return frame.type === "message";
    };
    other.client.send("small");
    await tabs.gateway.clock.advance(0);
    asker.client.send("large");
    await tabs.gateway.clock.advance(0);
    expect(asker.client.outbox).toMatchObject([{ delivery: "failed", error: { code: "MESSAGE_TOO_LARGE" } }]);
    expect(other.client.outbox.map(({ delivery }) => delivery)).toEqual(["queued"]);
  });

  test("share no longer with one who signs in or out, and those who stay go on", async () => {
    const made = await tabs.three();
    const [first, second, third] = made;
    tabs.gateway.onSession = ({ userToken }) => {
      const answer = tabs.gateway.mint();
      const user = { id: "grace", anonymous: false };
      return userToken === undefined ? answer : { ...answer, body: { ...(answer.body as object), user } };
    };
    const signedIn = third.client.identify("token-of-grace");
    await tabs.gateway.clock.advance(0);
    await signedIn;
    first.client.logout();
    await tabs.gateway.clock.advance(3_000);
    expect(first.client.connection.status).toBe("idle");
    expect([second, third].map(({ client }) => client.connection.status)).toEqual(["live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(2);
    expect(tabs.browser.holders.size).toBe(2);
  });

  test("try again each by itself where the socket is lost, and share the next one", async () => {
    const made = await tabs.three();
    const reply = await tabs.midReply(made[0]);
    tabs.gateway.socket.drop();
    tabs.gateway.stream(reply, 3);
    await tabs.gateway.clock.advance(40_000);
    tabs.gateway.finish(reply);
    await tabs.gateway.clock.advance(0);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    for (const { text } of made) expect(text(reply.id)).toBe(reply.chunks.join(""));
  });

  test("all stop where the gateway says not to come back", async () => {
    const made = await tabs.three();
    tabs.gateway.socket.drop(4403, "the key was revoked");
    await tabs.gateway.clock.advance(60_000);
    for (const { client } of made)
      expect(client.connection).toEqual({
        status: "stopped",
        code: "FORBIDDEN",
        message: "the key was revoked",
      });
  });

  test("renew the token of the socket in the tab that leads, and no token goes between tabs", async () => {
    const made = await tabs.three();
    await tabs.gateway.clock.advance(2_700_000);
    expect(made.map(({ client }) => client.connection.status)).toEqual(["live", "live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    const auths = tabs.gateway.socket.sent("auth");
    expect(auths.length).toBeGreaterThan(2);
    // One tab's renewals, as a life lasts 15 minutes and is renewed after 12.
    expect(auths.length).toBeLessThan(6);
    expect(tabs.browser.said.length).toBeGreaterThan(0);
    expect(tabs.browser.said.join()).not.toMatch(/token-\d/);
  });
});

describe("where nothing can be shared", () => {
  const plain: [string, (tab: FakeTab) => void][] = [
    [
      "locks are refused",
      (tab) => {
        tab.isForbidden = true;
      },
    ],
    [
      "channels are refused",
      ({ environment }) => {
        Object.assign(environment.tabs ?? {}, {
          openChannel: () => {
            throw new Error("SecurityError");
          },
        });
      },
    ],
    [
      "locks are never answered",
      ({ environment }) => {
        Object.assign(environment.tabs ?? {}, { locks: { request: () => new Promise(() => undefined) } });
      },
    ],
    ["there are no locks", ({ environment }) => Object.assign(environment, { tabs: null })],
    [
      "the channel reaches nobody",
      (tab) => {
        tab.isReached = false;
      },
    ],
  ];

  test.each(plain)("as %s, each tab has its socket, without a word", async (_, change) => {
    const made = [tabs.load(change), tabs.load(change)];
    const connected = made.map(({ client }) => client.connect());
    await tabs.gateway.clock.advance(10_000);
    await Promise.all(connected);
    expect(tabs.gateway.openSockets).toHaveLength(2);
    const reply = await tabs.midReply(made[0] as Tab);
    await tabs.gateway.clock.advance(60_000);
    tabs.gateway.finish(reply);
    await tabs.gateway.clock.advance(0);
    for (const { client, text, frames } of made) {
      expect(client.connection.status).toBe("live");
      expect(text(reply.id)).toBe(reply.chunks.join(""));
      expect(types(frames)).not.toContain("error");
    }
  });
});

test("nothing is asked of the browser before a tab connects, nor where sharing cannot or was not asked for", async () => {
  tabs.load();
  const { environment } = tabs.browser.tab(tabs.gateway.environment);
  const token = () => Promise.resolve({ token: "of-my-own", expiresAt: "2030-01-01T00:00:00Z" });
  const { client } = await makeLiveClient({ environment, shareConnection: true, token }, tabs.gateway);
  await tabs.connect(tabs.load(() => undefined, false));
  expect([tabs.browser.holders.size, tabs.browser.openChannels]).toEqual([0, []]);
  client.destroy();
});
