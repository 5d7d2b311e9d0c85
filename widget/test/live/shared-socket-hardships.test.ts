import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type DrivenChat, until } from "./support/driven-chat.ts";
import { SharedTabs } from "./support/shared-tabs.ts";

describe("tabs of one visitor in Chromium", () => {
  let stage: SharedTabs;

  beforeAll(async () => {
    stage = await SharedTabs.start("Chromium");
  });
  afterEach(() => stage.end());
  afterAll(() => stage.stop());

  test("go on where the one that leads crashes in the middle of an answer", async () => {
    const [first] = await stage.three();
    await stage.midAnswer(first);
    const leader = await stage.leaderAmong();
    const crashed = new Promise((resolve) => leader.page.once("error", resolve));
    await leader.tell("Page.crash");
    await crashed;
    stage.forget(leader);
    await stage.expectWhole();
  });

  test("go on where the browser freezes the one that leads, which has it all when it thaws", async () => {
    const [first] = await stage.three();
    const leader = await stage.leaderAmong();
    const others = stage.tabs.filter((tab) => tab !== leader);
    await leader.tell("Page.setWebLifecycleState", { state: "frozen" });
    await stage.askAtLength(others.find((tab) => tab !== first) ?? first);
    for (const tab of others) await tab.grown(2, 60);
    await stage.leaderAmong(others);
    await leader.tell("Page.setWebLifecycleState", { state: "active" });
    await stage.expectWhole();
  });

  test("come back from the browser's cache as they were, the one that leads too", async () => {
    const [first] = await stage.three();
    await stage.midAnswer(first);
    const leader = await stage.leaderAmong();
    await leader.goTo(stage.site.pages.put({}));
    await stage.leaderAmong(stage.tabs.filter((tab) => tab !== leader));
    await leader.goBack();
    expect(await leader.get("comeBacks")).toBe(1);
    await leader.online();
    await stage.expectWhole();
  });

  test("of which there is one have no code for others, page after page of a site", async () => {
    await stage.begin();
    const tab = await stage.visit();
    await tab.open();
    await tab.ask("To begin with [[sim tokens=20 seed=1]]");
    await tab.ended(1);
    await tab.goTo(stage.page());
    await tab.open();
    await tab.ended(1);
    await stage.oneSocket();
    expect(await tab.loaded()).toEqual(expect.not.arrayContaining([expect.stringContaining("member")]));
  });

  test("that come twenty at once share one socket, and each tells its page of the answer once", async () => {
    await stage.begin();
    const first = await stage.visit();
    await first.open();
    await first.ask("To begin with [[sim tokens=20 seed=1]]");
    await first.ended(1);
    await first.get("listen");
    const before = stage.network.chatsSoFar();
    const others = await Promise.all(Array.from({ length: 19 }, () => stage.visit()));
    for (const tab of others) await until("the chat is there", () => tab.get("isMounted"));
    await until("all are in the group", async () => (await first.get("kept")).locks.length === 20);
    await stage.oneSocket();
    expect(stage.network.chatsSoFar() - before).toBeLessThan(10);
    for (const tab of others) await tab.get("listen");
    await (others[7] as DrivenChat).ask("To all [[sim tokens=20 seed=6]]");
    for (const tab of stage.tabs) {
      await until("the page was told", async () =>
        (await tab.get("heard")).some(({ name }) => name === "reply"),
      );
      const told = await tab.get("heard");
      expect(told.filter(({ name }) => name === "reply")).toHaveLength(1);
      // Where the panel is closed, and there alone: the first one's is open, and who asked opened theirs.
      const isClosed = tab !== first && tab !== others[7];
      expect(told.filter(({ name }) => name === "unread").map(({ count }) => count)).toEqual(
        isClosed ? [1] : [],
      );
      expect(told.filter(({ name }) => name === "message")).toHaveLength(tab === others[7] ? 1 : 0);
    }
    expect(stage.asked(6)).toBe(1);
    await stage.oneSocket();
  });

  test("of two versions have a socket for each, and show the same", async () => {
    await stage.begin();
    const former = (): void => {
      const { locks } = navigator;
      const { request } = locks;
      const named = (name: string): string => name.replace("|1|", "|0|");
      locks.request = (name: string, ...rest: unknown[]) =>
        (request as (...given: unknown[]) => Promise<never>).call(locks, named(name), ...rest);
      window.BroadcastChannel = class extends BroadcastChannel {
        constructor(name: string) {
          super(named(name));
        }
      };
    };
    const first = await stage.visit(former);
    await first.open();
    await first.ask("To begin with [[sim tokens=20 seed=1]]");
    await first.ended(1);
    for (const version of [former, undefined, undefined]) {
      const tab = await stage.visit(version);
      await tab.open();
      await tab.ended(1);
    }
    await until("each version has a socket", () => stage.network.chats() === 2);
    await stage.midAnswer(first);
    stage.goOn();
    for (const tab of stage.tabs) expect(await tab.ended(2)).toBe(stage.wholeText);
    expect(stage.asked(stage.seed)).toBe(1);
  });

  test("are not impressed by what a script of the page says on their channel", async () => {
    const [first] = await stage.three();
    const failures: unknown[] = [];
    for (const { page } of stage.tabs) page.on("pageerror", (failure) => failures.push(failure));
    await stage.midAnswer(first);
    for (const tab of stage.tabs)
      await tab.page.evaluate(async () => {
        const { held = [] } = await navigator.locks.query();
        const stranger = new BroadcastChannel(held[0]?.name ?? "");
        const frames = [null, 1, { type: 1 }, { type: "token" }];
        const kinds = [
          "hello",
          "claim",
          "ask",
          "up",
          "lead",
          "here",
          "yours",
          "hidden",
          "down",
          "closed",
          "?",
        ];
        for (const kind of kinds)
          for (const frame of frames) {
            stranger.postMessage({ kind, from: 1, frame });
            stranger.postMessage({ kind, from: "x", to: 1, frame });
            stranger.postMessage({ kind, from: "x", to: "y", frame });
          }
        for (const message of [null, undefined, 1, "x", [], new Map(), new Uint8Array(9)])
          stranger.postMessage(message);
        stranger.close();
      });
    await stage.expectWhole();
    expect(failures).toEqual([]);
  });
});

/** What browsers forbid or lack, each as the page sees it. */
const wants: Record<string, () => void> = {
  "there are no locks, as without HTTPS": () => {
    Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
  },
  "locks are refused": () => {
    navigator.locks.request = () => Promise.reject(new DOMException("no", "SecurityError"));
  },
  "locks are never answered": () => {
    navigator.locks.request = () => new Promise(() => undefined);
  },
  "there are no channels": () => {
    Object.defineProperty(window, "BroadcastChannel", { value: undefined });
  },
  "channels throw": () => {
    window.BroadcastChannel = class {
      constructor() {
        throw new DOMException("no", "SecurityError");
      }
    } as unknown as typeof BroadcastChannel;
  },
};

describe("tabs that cannot share", () => {
  let stage: SharedTabs;

  beforeAll(async () => {
    stage = await SharedTabs.start("Chromium");
  });
  afterEach(() => stage.end());
  afterAll(() => stage.stop());

  test.each(Object.entries(wants))("as %s, have a socket each, and show the same", async (_, change) => {
    await stage.begin();
    const first = await stage.visit(change);
    await first.open();
    await first.ask("To begin with [[sim tokens=20 seed=1]]");
    await first.ended(1);
    const second = await stage.visit(change);
    await second.open();
    await second.ended(1);
    await until("each has a socket", () => stage.network.chats() === 2);
    await stage.midAnswer(second);
    stage.goOn();
    for (const tab of stage.tabs) expect(await tab.ended(2)).toBe(stage.wholeText);
  });
});

describe("where the browser forbids all storage", () => {
  const start: Record<string, () => Promise<[stage: SharedTabs, profile: string | null]>> = {
    async Chromium() {
      const profile = await mkdtemp(join(tmpdir(), "parlance-profile-"));
      await mkdir(join(profile, "Default"));
      const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
      await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(blocked));
      return [await SharedTabs.start("Chromium", { profile }), profile];
    },
    async Firefox() {
      const preferences = { "network.cookie.cookieBehavior": 2 };
      return [await SharedTabs.start("Firefox", { preferences }), null];
    },
  };

  test.each(Object.entries(start))("as %s can, the chat works, and forgets", async (_, launch) => {
    const [stage, profile] = await launch();
    try {
      await stage.begin();
      const tab = await stage.visit();
      const isForbidden = await tab.page.evaluate(() => {
        try {
          return localStorage.length < 0;
        } catch {
          return true;
        }
      });
      expect(isForbidden).toBe(true);
      await tab.open();
      await tab.ask("To begin with [[sim tokens=20 seed=1]]");
      await tab.ended(1);
      const other = await stage.visit();
      await other.open();
      expect(await other.get("count", "You")).toBe(0);
      await stage.end();
    } finally {
      await stage.stop();
      if (profile !== null) await rm(profile, { recursive: true, force: true });
    }
  });
});
