import { expect } from "@jest/globals";
import type { Browser, BrowserContext } from "puppeteer-core";
import { expectedText } from "../../../../scripts/upstream-simulator/index.ts";
import { type BrowserName, launchDriven } from "./driven-browser.ts";
import { DrivenChat, until } from "./driven-chat.ts";
import { type Network, startNetwork } from "./network.ts";
import { type Site, startSite } from "./site.ts";

/** Tokens a second of the answers here, how many of them an answer has, and after how many something happens to it. */
const RATE = 200;
const TOKENS = 280;
const HELD_AT = 80;

/** A visitor with tabs in a real browser, on pages whose way to the gateway counts sockets and can be cut. */
export class SharedTabs {
  tabs: readonly DrivenChat[] = [];
  /** The address that the tabs are at. */
  url = "";
  /** Names the answer under way to the simulator. */
  seed = 800;
  readonly site: Site;
  readonly browser: Browser;
  #network: Network | null = null;
  #visitor: BrowserContext | null = null;

  private constructor(site: Site, browser: Browser) {
    this.site = site;
    this.browser = browser;
  }

  static async start(
    name: BrowserName,
    options: Parameters<typeof launchDriven>[1] = {},
  ): Promise<SharedTabs> {
    return new SharedTabs(await startSite(), await launchDriven(name, options));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.site.stop();
  }

  get network(): Network {
    if (this.#network === null) throw new Error("no visitor is there");
    return this.#network;
  }

  /** Somebody who was never here, and has no tab yet. */
  async begin(): Promise<void> {
    this.#network = await startNetwork(Number(new URL(this.site.gatewayUrl).port));
    this.#visitor = await this.browser.createBrowserContext();
    this.tabs = [];
    this.url = this.page();
  }

  /** Ends what `begin` began; no page may have broken its policy. */
  async end(): Promise<void> {
    for (const { page, breaches } of this.tabs) if (!page.isClosed()) expect(await breaches()).toEqual([]);
    await this.#visitor?.close();
    await this.#network?.close();
    expect(this.site.pages.reports.all).toEqual([]);
  }

  /** Puts the chat on a page under the strictest policy that it is promised to work under. */
  page(): string {
    const { url } = this.network;
    const { pages, tag } = this.site;
    const policy = [
      "default-src 'none'",
      `script-src ${url}`,
      `connect-src ${url} ${url.replace("http", "ws")}`,
      // The second is the page's own icon, for which Firefox asks by itself.
      `img-src ${url} ${pages.origin}/favicon.ico`,
      "style-src 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types parlance",
      "report-uri /reports",
    ].join("; ");
    return pages.put({ head: tag({}, url), headers: { "content-security-policy": policy } });
  }

  /** One more tab, which is looked at from now on; `change` is done to its window before anything else. */
  async visit(change?: () => void): Promise<DrivenChat> {
    if (this.#visitor === null) throw new Error("no visitor is there");
    const tab = await DrivenChat.visit(this.#visitor, this.url, change);
    this.tabs = [...this.tabs, tab];
    return tab;
  }

  /** That tab is gone, and no longer asked for anything. */
  forget(gone: DrivenChat): void {
    this.tabs = this.tabs.filter((tab) => tab !== gone);
  }

  /** Three tabs that show the same conversation, in which one short answer was given. The third is looked at. */
  async three(): Promise<[DrivenChat, DrivenChat, DrivenChat]> {
    await this.begin();
    const first = await this.visit();
    await first.open();
    await first.ask("To begin with [[sim tokens=20 seed=1]]");
    await first.ended(1);
    const second = await this.visit();
    const third = await this.visit();
    for (const tab of [second, third]) {
      await tab.open();
      await tab.ended(1);
    }
    await this.oneSocket();
    return [first, second, third];
  }

  /** What each tab is like now. */
  state = async (): Promise<string> => {
    const told = this.tabs.map(async (tab) => {
      const [isSeen, leads] = [await tab.get("isSeen"), await tab.get("leads")];
      return `${isSeen ? "seen" : "unseen"}${leads ? " and leading" : ""}`;
    });
    return (await Promise.all(told)).join(", ");
  };

  /** Asks for an answer that waits in its midst. */
  async askAtLength(asker: DrivenChat): Promise<void> {
    this.seed++;
    await asker.ask(
      `At length [[sim tokens=${TOKENS} rate=${RATE} seed=${this.seed} hold-after=${HELD_AT}]]`,
    );
  }

  /** Lets an answer that waits go on. */
  goOn(): void {
    this.site.upstream.goOn();
  }

  /** Has such an answer under way, which all tabs see grow. */
  async midAnswer(asker: DrivenChat): Promise<void> {
    await this.askAtLength(asker);
    for (const tab of this.tabs) await tab.grown(2, 60);
  }

  /** How often the model was asked for that answer. */
  asked(seed: number): number {
    return this.site.upstream.requests.filter(({ directives }) => directives.seed === seed).length;
  }

  /** What the answer's text is in the end. */
  get wholeText(): string {
    return expectedText(this.seed, TOKENS);
  }

  /** The answer goes on, and comes to its end in those tabs, whole and once, and was asked for once. */
  async expectWhole(among: readonly DrivenChat[] = this.tabs): Promise<void> {
    this.goOn();
    for (const tab of among) {
      expect(await tab.ended(2)).toBe(this.wholeText);
      expect([await tab.get("count", "You"), await tab.get("count", "Assistant")]).toEqual([2, 2]);
    }
    expect(this.asked(this.seed)).toBe(1);
    await this.oneSocket();
  }

  oneSocket(): Promise<void> {
    return until("there is one socket", () => this.network.chats() === 1);
  }

  async leaderAmong(among: readonly DrivenChat[] = this.tabs): Promise<DrivenChat> {
    let found: DrivenChat | undefined;
    await until("one of them leads", async () => {
      const leading = await Promise.all(among.map((tab) => tab.get("leads")));
      found = leading.filter(Boolean).length === 1 ? among[leading.indexOf(true)] : undefined;
      return found !== undefined;
    });
    return found as DrivenChat;
  }
}
