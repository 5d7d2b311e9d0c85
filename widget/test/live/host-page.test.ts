import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { CDPSession, Page } from "playwright-core";
import { until } from "../../../gateway/test/ports/support/until.ts";
import type { Chat } from "./support/chat.ts";
import { SITE_KEY } from "./support/site.ts";
import { type Stage, startStage } from "./support/stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
afterAll(() => stage.stop());

/** Calls `window.Parlance` as the page does. */
const command = (page: Page, ...call: unknown[]): Promise<void> =>
  page.evaluate((words) => {
    (window as unknown as { Parlance(...call: unknown[]): void }).Parlance(...words);
  }, call);

/** All that a page keeps in the visitor's browser. */
async function kept({ page, visitor }: Chat) {
  const { cookies, origins } = await visitor.storageState({ indexedDB: true });
  const own = await page.evaluate(async () => ({
    session: sessionStorage.length,
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  return { cookies, origins, ...own };
}
const NOTHING = { cookies: [], origins: [], session: 0, caches: [], workers: 0 };

describe("a page that embeds the chat", () => {
  test("keeps nothing and asks for nothing but the script before the visitor opens", async () => {
    const visitor = await stage.visitor();
    const asked: string[] = [];
    visitor.on("request", (request) => asked.push(request.url()));
    const chat = await stage.tab(visitor, stage.pages.put({ head: stage.tag() }));
    await chat.launcher.waitFor();
    await chat.page.waitForLoadState("networkidle");
    expect(asked).toEqual([chat.page.url(), `${stage.gatewayUrl}/widget.js`]);
    expect(await kept(chat)).toEqual(NOTHING);

    await chat.open();
    const after = await kept(chat);
    expect(after.origins.map(({ origin, localStorage }) => [origin, localStorage.length])).toEqual([
      [stage.pages.origin, 1],
    ]);
    expect({ ...after, origins: [] }).toEqual(NOTHING);
  });

  test("has one chat where the script stands twice", async () => {
    const visitor = await stage.visitor();
    const sockets: string[] = [];
    visitor.on("page", (page) => page.on("websocket", (socket) => sockets.push(socket.url())));
    const head = stage.tag() + stage.tag();
    const chat = await stage.tab(visitor, stage.pages.put({ head }));
    await chat.open();
    await chat.ask("Once [[sim tokens=10 seed=61]]");
    await chat.ended();
    expect(await chat.page.locator("aside").count()).toBe(1);
    expect(await chat.launcher.count()).toBe(1);
    expect(sockets).toHaveLength(1);
    expect(stage.upstream.requests.filter(({ directives }) => directives.seed === 61)).toHaveLength(1);
  });

  test("keeps the chat, and an answer under way, when its script swaps the body's content or the body", async () => {
    const chat = await stage.visit();
    await chat.open();
    await chat.ask("At length [[sim tokens=300 rate=200 seed=62 hold-after=40]]");
    await chat.grown(30);
    await chat.page.evaluate(() => {
      history.pushState(null, "", "#elsewhere");
      document.body.innerHTML = "<h1>Elsewhere</h1>";
    });
    await chat.grown(60);
    await chat.page.evaluate(() => {
      const body = document.createElement("body");
      body.append("Yet elsewhere");
      document.body.replaceWith(body);
    });
    stage.upstream.goOn();
    await chat.ended();
    expect(await chat.page.locator("aside").count()).toBe(1);
    expect(await chat.answers.count()).toBe(1);
  });

  test("may be without a body for a while", async () => {
    const chat = await stage.visit();
    const errors: string[] = [];
    chat.page.on("pageerror", ({ message }) => errors.push(message));
    await chat.open();
    await chat.page.evaluate(async () => {
      document.body.remove();
      // Observers have been told by then.
      await new Promise((resolve) => requestAnimationFrame(resolve));
      document.documentElement.append(document.createElement("body"));
    });
    await chat.launcher.waitFor();
    expect(errors).toEqual([]);
  });

  test("may have an address and a title longer than a message can carry", async () => {
    const chat = await stage.visit();
    await chat.page.evaluate(() => {
      history.replaceState(null, "", `?token=${"x".repeat(5_000)}`);
      document.title = `${"\u{1f3d4}".repeat(3_000)}\ud83c`;
    });
    await chat.open();
    await chat.ask("From afar [[sim tokens=10 seed=65]]");
    await chat.ended();
    await chat.page.evaluate(() => history.replaceState(null, "", `/${"x".repeat(5_000)}`));
    await chat.ask("From farther [[sim tokens=10 seed=66]]");
    await chat.ended(chat.answers.nth(1));
    expect(await chat.answers.count()).toBe(2);
  });

  test("has the chat as an element where the script's tag names no site key, for as long as that stands", async () => {
    const head = stage.tag({ "data-site-key": "" });
    const body = `<parlance-chat site-key="${SITE_KEY}" title="By the door"></parlance-chat>`;
    const chat = await stage.visit({ head: head + head, body });
    await chat.open();
    await chat.page.getByText("By the door").waitFor();
    await chat.ask("Inside [[sim tokens=10 seed=64]]");
    await chat.ended();
    expect(await chat.page.locator("aside").count()).toBe(1);
    await chat.page.evaluate(() => document.querySelector("parlance-chat")?.remove());
    await chat.page.locator("aside").waitFor({ state: "detached" });
  });

  test("has nothing left of a chat that was destroyed in the middle of an answer", async () => {
    const chat = await stage.visit({});
    const { page } = chat;
    const browser = await page.context().newCDPSession(page);
    const scripts = new Set<string>();
    browser.on(
      "Debugger.scriptParsed",
      ({ scriptId, url }) => void (url.startsWith("http") && scripts.add(scriptId)),
    );
    await browser.send("Debugger.enable");
    const sockets: { isClosed(): boolean }[] = [];
    page.on("websocket", (socket) => sockets.push(socket));
    const before = await traces(page, browser, scripts);

    await page.evaluate(async (address) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, async: true });
      script.dataset.siteKey = "pk_shop";
      const loaded = new Promise((resolve) => script.addEventListener("load", resolve, { once: true }));
      document.head.append(script);
      await loaded;
      script.remove();
    }, `${stage.gatewayUrl}/widget.js`);
    await chat.open();
    await chat.button("More options").click();
    await page.keyboard.press("Escape");
    await chat.ask("At length [[sim tokens=3000 rate=80 seed=63]]");
    await chat.grown(60);
    await page.evaluate(() => {
      const host = document.querySelector("aside");
      Object.assign(window, {
        remembered: host && [new WeakRef(host), new WeakRef(host.shadowRoot as ShadowRoot)],
      });
    });
    const during = await traces(page, browser, scripts);
    expect(during.listeners).not.toEqual(before.listeners);
    await command(page, "destroy");

    expect(sockets).toHaveLength(1);
    await untilCollected(page, browser);
    expect(await traces(page, browser, scripts)).toEqual(before);
    expect(sockets.every((socket) => socket.isClosed())).toBe(true);
  });
});

/** What of the page's own a chat might have left its marks on. */
async function traces(page: Page, browser: CDPSession, scripts: ReadonlySet<string>) {
  const listeners: Record<string, string[]> = {};
  for (const expression of [
    "window",
    "document",
    "document.documentElement",
    "document.body",
    "visualViewport",
  ]) {
    const { result } = await browser.send("Runtime.evaluate", { expression });
    const found = await browser.send("DOMDebugger.getEventListeners", { objectId: result.objectId ?? "" });
    // Whoever drives the browser's mouse listens too, in a script without an address.
    const ofPage = found.listeners.filter(({ scriptId }) => scripts.has(scriptId));
    listeners[expression] = ofPage.map(({ type }) => type).sort();
  }
  const own = await page.evaluate(() => ({
    html: document.documentElement.outerHTML,
    globals: Object.keys(window).filter((name) => name !== "remembered"),
    sheets: document.adoptedStyleSheets.length,
    title: document.title,
    focused: document.activeElement?.tagName,
  }));
  return { listeners, ...own };
}

/** Resolves when nothing holds on to the chat's elements any more: no listener, timer, observer or socket. */
async function untilCollected(page: Page, browser: CDPSession): Promise<void> {
  const isCollected = (): Promise<boolean> =>
    page.evaluate(() =>
      (window as unknown as { remembered: WeakRef<object>[] }).remembered.every(
        (held) => held.deref() === undefined,
      ),
    );
  await until(isCollected, () => browser.send("HeapProfiler.collectGarbage"));
}
