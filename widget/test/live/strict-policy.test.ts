import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { BrowserContext } from "playwright-core";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { Collected } from "./support/collected.ts";
import { type Stage, startStage } from "./support/stage.ts";

/** A picture that no policy here allows. */
const BREACH = "http://127.0.0.1:9/breach.png";

describe.each(["the gateway's address", "a nonce"])("under a strict policy with %s", (by) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  /** The policy that the widget is promised to work under. */
  function policy(): string {
    const { gatewayUrl } = stage;
    return [
      "default-src 'none'",
      `script-src ${by === "a nonce" ? "'nonce-r4nd0m'" : gatewayUrl}`,
      `connect-src ${gatewayUrl} ${gatewayUrl.replace("http", "ws")}`,
      `img-src ${gatewayUrl}`,
      "style-src 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types parlance",
      "report-uri /reports",
    ].join("; ");
  }

  /** Collects what the browser says of breaches, in the page and on its console. */
  async function watch(visitor: BrowserContext): Promise<Collected<string>> {
    const told = new Collected<string>();
    await visitor.exposeFunction("tellOfBreach", (text: string) => told.add(text));
    await visitor.addInitScript(() => {
      const { tellOfBreach } = window as unknown as { tellOfBreach(text: string): Promise<void> };
      document.addEventListener("securitypolicyviolation", ({ blockedURI, violatedDirective }) => {
        void tellOfBreach(`event: ${violatedDirective} ${blockedURI}`);
      });
      new ReportingObserver((reports) => {
        for (const { body } of reports) void tellOfBreach(`observer: ${JSON.stringify(body)}`);
      }).observe();
    });
    visitor.on("console", (message) => told.add(`console: ${message.text()}`));
    visitor.on("weberror", (error) => told.add(`error: ${error.error()}`));
    return told;
  }

  test("a whole conversation is not reported once, by any of the browser's ways to report", async () => {
    const visitor = await stage.visitor();
    const told = await watch(visitor);
    const head = stage.tag(by === "a nonce" ? { nonce: "r4nd0m", "data-accent": "#7a3" } : {});
    const chat = await stage.tab(
      visitor,
      stage.pages.put({ head, headers: { "content-security-policy": policy() } }),
    );
    await chat.open();
    // Long enough for every kind of Markdown, raw HTML included.
    await chat.ask("Everything [[sim tokens=900 seed=81]]");
    await chat.ended();
    expect(await chat.copied()).toBe(expectedText(81, 900));
    for (const kind of ["pre", "table", "blockquote", "ol", "a", "code"])
      expect(await chat.answers.locator(kind).count()).toBeGreaterThan(0);
    await chat.button("Copy").first().click();
    await chat.box.fill("Several\nlines\nmake\nit\ngrow");
    await chat.ask("[[sim fail=400]]");
    await chat.panel.getByText("The assistant ran into a problem.").waitFor();
    await chat.ask("[[sim tokens=2000 rate=80 seed=82]]");
    await chat.grown(40);
    await chat.stopButton.click();
    await chat.panel.getByText("You stopped this answer.").waitFor();
    await chat.button("More options").click();
    await chat.page.getByRole("menuitem", { name: "Conversations" }).click();
    await chat.button("Back to the chat").click();
    await chat.page.emulateMedia({ colorScheme: "dark" });
    await chat.page.reload();
    await chat.open();
    await chat.ended();

    // Where one breach is reported by every way, there was none before that.
    await chat.page.evaluate((address) => {
      new Image().src = address;
    }, BREACH);
    const ways = ["event:", "observer:", "console:"];
    await told.until((all) => ways.every((way) => all.some((text) => text.startsWith(way))));
    await stage.pages.reports.until((reports) => reports.length > 0);
    expect(told.all.filter((text) => !text.includes(BREACH))).toEqual([]);
    expect(stage.pages.reports.all.filter((text) => !text.includes(BREACH))).toEqual([]);
  });
});
