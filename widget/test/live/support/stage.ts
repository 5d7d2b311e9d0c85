import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { Chat } from "./chat.ts";
import type { HostPage } from "./host-pages.ts";
import { type Site, startSite, WAIT_MS } from "./site.ts";

/** Everything a browser test stands on. */
export interface Stage extends Site {
  readonly browser: Browser;
  /** A browser of somebody who was never here. Ended with the stage, or before. */
  visitor(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Puts a page up, the plain shop with the chat where not said otherwise, and goes there as somebody new. */
  visit(page?: HostPage, options?: BrowserContextOptions): Promise<Chat>;
  /** Goes to an address in a tab of a visitor's. */
  tab(visitor: BrowserContext, url: string): Promise<Chat>;
}

/** Starts a gateway, the site that embeds its chat, and a browser. */
export async function startStage(): Promise<Stage> {
  const site = await startSite();
  const { pages, tag } = site;
  const browser = await launchBrowser();

  async function visitor(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1_000, height: 800 }, ...options });
    context.setDefaultTimeout(WAIT_MS);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: pages.origin });
    return context;
  }

  async function tab(context: BrowserContext, url: string): Promise<Chat> {
    const page: Page = await context.newPage();
    await page.goto(url);
    return new Chat(page);
  }

  return {
    ...site,
    browser,
    visitor,
    tab,
    async visit(page = { head: tag() }, options = {}) {
      return tab(await visitor(options), pages.put(page));
    },
    async stop() {
      await browser.close();
      await site.stop();
    },
  };
}
