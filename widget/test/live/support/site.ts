import { jest } from "@jest/globals";
import {
  ACME_SECRET,
  startTestGateway,
  type TestGateway,
} from "../../../../gateway/test/live/support/test-gateway.ts";
import type { UpstreamSimulator } from "../../../../scripts/upstream-simulator/index.ts";
import { type HostPages, startHostPages } from "./host-pages.ts";

/** Milliseconds for one test: a busy machine is slow to draw. */
const TEST_MS = 60_000;
/** Milliseconds for one thing that is waited for, so that a failure says which. */
export const WAIT_MS = 20_000;
jest.setTimeout(TEST_MS);

/** The site key of the pages. */
export const SITE_KEY = "pk_shop";

/** A site that embeds the chat, and the gateway behind it. */
export interface Site {
  /** `http://localhost:…`, while the pages are on 127.0.0.1: another origin. */
  readonly gatewayUrl: string;
  readonly upstream: UpstreamSimulator;
  readonly pages: HostPages;
  /** The script tag that embeds the chat, with more attributes. */
  tag(attributes?: Readonly<Record<string, string>>, gatewayUrl?: string): string;
  stop(): Promise<void>;
}

/** Starts a gateway, and the site that embeds its chat. */
export async function startSite(): Promise<Site> {
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
  const gatewayUrl = `http://localhost:${gateway.gateway.port}`;

  function tag(attributes: Readonly<Record<string, string>> = {}, from = gatewayUrl): string {
    const all = { src: `${from}/widget.js`, "data-site-key": SITE_KEY, ...attributes };
    const written = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    return `<script ${written.join(" ")} async></script>`;
  }

  return {
    gatewayUrl,
    upstream: gateway.upstream,
    pages,
    tag,
    async stop() {
      await pages.close();
      await gateway.stop();
    },
  };
}
