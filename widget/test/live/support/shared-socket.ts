import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, BrowserContext } from "puppeteer-core";
import { measure } from "../../../../gateway/test/ports/support/lived-clock.ts";
import { expectedText } from "../../../../scripts/upstream-simulator/index.ts";
import { type BrowserName, launchDriven } from "./driven-browser.ts";
import { DrivenChat, until } from "./driven-chat.ts";
import { type Network, startNetwork } from "./network.ts";
import { type Site, startSite } from "./site.ts";

/** Tokens a second of the answers here, how many of them an answer has, and after how many something happens to it. */
const RATE = 200;
const TOKENS = 280;
const HELD_AT = 80;

/** What tabs that share a socket must hold in any browser: the same for each. */
export function describeSharedSocket(name: BrowserName): void {
  describe(`three tabs of one visitor in ${name}`, () => {
    let site: Site;
    let network: Network;
    let browser: Browser;
    let visitor: BrowserContext;
    let url = "";
    let tabs: DrivenChat[] = [];
    let seed = 800;

    beforeAll(async () => {
      site = await startSite();
      browser = await launchDriven(name);
    });
    afterEach(async () => {
      for (const tab of tabs) if (!tab.page.isClosed()) expect(await tab.breaches()).toEqual([]);
      await visitor.close();
      await network.close();
      expect(site.pages.reports.all).toEqual([]);
    });
    afterAll(async () => {
      await browser.close();
      await site.stop();
    });

    /** Puts the chat on a page under the strictest policy that it is promised to work under. */
    function page(): string {
      const policy = [
        "default-src 'none'",
        `script-src ${network.url}`,
        `connect-src ${network.url} ${network.url.replace("http", "ws")}`,
        // The second is the page's own icon, for which Firefox asks by itself.
        `img-src ${network.url} ${site.pages.origin}/favicon.ico`,
        "style-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types parlance",
        "report-uri /reports",
      ].join("; ");
      return site.pages.put({
        head: site.tag({}, network.url),
        headers: { "content-security-policy": policy },
      });
    }

    const oneSocket = (): Promise<void> => until("there is one socket", () => network.chats() === 1);

    /** Three tabs that show the same conversation, in which one short answer was given. The third is looked at. */
    async function threeTabs(): Promise<[DrivenChat, DrivenChat, DrivenChat]> {
      network = await startNetwork(Number(new URL(site.gatewayUrl).port));
      visitor = await browser.createBrowserContext();
      url = page();
      const first = await DrivenChat.visit(visitor, url);
      await first.open();
      await first.ask("To begin with [[sim tokens=20 seed=1]]");
      await first.ended(1);
      const second = await DrivenChat.visit(visitor, url);
      const third = await DrivenChat.visit(visitor, url);
      tabs = [first, second, third];
      for (const tab of [second, third]) {
        await tab.open();
        await tab.ended(1);
      }
      await oneSocket();
      return [first, second, third];
    }

    /** Has an answer under way that all three tabs see grow, and that then waits. */
    async function midAnswer(asker: DrivenChat): Promise<void> {
      seed++;
      await asker.ask(`At length [[sim tokens=${TOKENS} rate=${RATE} seed=${seed} hold-after=${HELD_AT}]]`);
      for (const tab of tabs) await tab.grown(2, 60);
    }

    /** The answer goes on, and comes to its end in those tabs, whole and once, and was asked for once. */
    async function expectWhole(among: readonly DrivenChat[]): Promise<void> {
      site.upstream.goOn();
      for (const tab of among) {
        expect(await tab.ended(2)).toBe(expectedText(seed, TOKENS));
        expect([await tab.get("count", "You"), await tab.get("count", "Assistant")]).toEqual([2, 2]);
      }
      expect(site.upstream.requests.filter(({ directives }) => directives.seed === seed)).toHaveLength(1);
      await oneSocket();
    }

    async function leaderAmong(among: readonly DrivenChat[]): Promise<DrivenChat> {
      let found: DrivenChat | undefined;
      await until("one of them leads", async () => {
        const leading = await Promise.all(among.map((tab) => tab.get("leads")));
        found = leading.filter(Boolean).length === 1 ? among[leading.indexOf(true)] : undefined;
        return found !== undefined;
      });
      return found as DrivenChat;
    }

    test("have one socket; what is asked in any grows in all, and is stopped in any for all", async () => {
      const [first, second, third] = await threeTabs();
      await midAnswer(first);
      expect(network.chats()).toBe(1);
      await expectWhole(tabs);
      await second.ask("At length [[sim tokens=3000 rate=60 seed=2]]");
      for (const tab of tabs) await tab.grown(3, 60);
      expect(await third.get("click", "Stop answering")).toBe(true);
      const texts = await Promise.all(tabs.map((tab) => tab.ended(3)));
      expect(new Set(texts).size).toBe(1);
      expect(expectedText(2, 3_000).startsWith(texts[0] ?? "-")).toBe(true);
      expect(network.chats()).toBe(1);
    });

    test("go on where the one that leads is closed in the middle of an answer", async () => {
      await threeTabs();
      await midAnswer(tabs[0] as DrivenChat);
      const leader = await leaderAmong(tabs);
      await leader.page.close();
      await expectWhole(tabs.filter((tab) => tab !== leader));
    });

    test("go on where the one that leads is loaded anew in the middle of an answer, and so does that one", async () => {
      await threeTabs();
      await midAnswer(tabs[0] as DrivenChat);
      const leader = await leaderAmong(tabs);
      await leader.page.reload();
      await leader.open();
      await expectWhole(tabs);
    });

    test("take the lead from one that does nothing any more, and one of them has it when it does again", async () => {
      await threeTabs();
      const leader = await leaderAmong(tabs);
      const others = tabs.filter((tab) => tab !== leader);
      seed++;
      await leader.get("block", 8_000);
      const asker = others[0] as DrivenChat;
      const took = measure();
      await asker.ask(`At length [[sim tokens=${TOKENS} rate=${RATE} seed=${seed} hold-after=${HELD_AT}]]`);
      for (const tab of others) await tab.grown(2, 20);
      await leaderAmong(others);
      // So it was while the other could do nothing.
      expect(took()).toBeLessThan(8_000);
      await expectWhole(tabs);
      await leaderAmong(tabs);
    });

    test("give the lead to the one that is looked at", async () => {
      const [first, second, third] = await threeTabs();
      await midAnswer(second);
      for (const seen of [first, third, second]) {
        await seen.page.bringToFront();
        await until("the tab that is looked at leads", () => seen.get("leads"));
        await oneSocket();
      }
      await expectWhole(tabs);
    });

    test("come back together where the way to the gateway breaks", async () => {
      const [first] = await threeTabs();
      await midAnswer(first);
      network.breakOff();
      for (const tab of tabs)
        await until("it says so", async () => (await tab.get("panelText")).includes("Reconnecting"));
      network.restore();
      await expectWhole(tabs);
      for (const tab of tabs) await tab.online();
    });

    test("go on where one of them signs out, which has nothing of the others any more", async () => {
      const [first, second, third] = await threeTabs();
      await midAnswer(first);
      await third.command("logout");
      await third.online();
      await until("nothing is left of it", async () => (await third.get("count", "You")) === 0);
      site.upstream.goOn();
      for (const tab of [first, second]) expect(await tab.ended(2)).toBe(expectedText(seed, TOKENS));
      await until("it has a socket of its own", () => network.chats() === 2);
      await third.ask("Somebody else [[sim tokens=10 seed=3]]");
      expect(await third.ended(1)).toBe(expectedText(3, 10));
      expect([await first.get("count", "You"), await second.get("count", "You")]).toEqual([2, 2]);
    });
  });
}
