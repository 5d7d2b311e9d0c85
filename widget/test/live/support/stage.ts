import { jest } from "@jest/globals";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import {
  ACME_SECRET,
  startTestGateway,
  type TestGateway,
} from "../../../../gateway/test/live/support/test-gateway.ts";
import type { UpstreamSimulator } from "../../../../scripts/upstream-simulator/index.ts";
import { launchBrowser } from "./browser.ts";
import { Chat } from "./chat.ts";
import { type HostPage, type HostPages, startHostPages } from "./host-pages.ts";

/** Milliseconds for one test: a busy machine is slow to draw. */
const TEST_MS = 60_000;
/** Milliseconds for one thing that is waited for, so that a failure says which. */
const WAIT_MS = 20_000;
jest.setTimeout(TEST_MS);

/** The site key of the pages. */
export const SITE_KEY = "pk_shop";

/** Everything a browser test stands on. */
export interface Stage {
  /** `http://localhost:…`, while the pages are on 127.0.0.1: another origin. */
  readonly gatewayUrl: string;
  readonly upstream: UpstreamSimulator;
  readonly pages: HostPages;
  readonly browser: Browser;
  /** The script tag that embeds the chat, with more attributes. */
  tag(attributes?: Readonly<Record<string, string>>, gatewayUrl?: string): string;
  /** A browser of somebody who was never here. Ended with the stage, or before. */
  visitor(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Puts a page up, the plain shop with the chat where not said otherwise, and goes there as somebody new. */
  visit(page?: HostPage, options?: BrowserContextOptions): Promise<Chat>;
  /** Goes to an address in a tab of a visitor's. */
  tab(visitor: BrowserContext, url: string): Promise<Chat>;
  stop(): Promise<void>;
}

/** Starts a gateway, the site that embeds its chat, and a browser. */
export async function startStage(): Promise<Stage> {
  const gateway: TestGateway = await startTestGateway({
    seed: {
      tenants: [
        {
          id: "acme",
          tier: "unlimited",
          model: "claude-haiku-5-5",
          systemPrompt: "You answer for a shop.",
          cache: { exact: false, ttlSeconds: 60 },
          siteKeys: [{ key: SITE_KEY, allowedOrigins: ["http://127.0.0.1:*"] }],
          signingKeys: [{ kid: "acme-1", algorithm: "HS256", secret: ACME_SECRET }],
        },
      ],
    },
  });
  const pages = await startHostPages();
  const browser = await launchBrowser();
  const gatewayUrl = `http://localhost:${gateway.gateway.port}`;

  function tag(attributes: Readonly<Record<string, string>> = {}, from = gatewayUrl): string {
    const all = { src: `${from}/widget.js`, "data-site-key": SITE_KEY, ...attributes };
    const written = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    return `<script ${written.join(" ")} async></script>`;
  }

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
    gatewayUrl,
    upstream: gateway.upstream,
    pages,
    browser,
    tag,
    visitor,
    tab,
    async visit(page = { head: tag() }, options = {}) {
      return tab(await visitor(options), pages.put(page));
    },
    async stop() {
      await browser.close();
      await pages.close();
      await gateway.stop();
    },
  };
}
