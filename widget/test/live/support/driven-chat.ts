import { setTimeout as pause } from "node:timers/promises";
import type { BrowserContext, Page } from "puppeteer-core";
import { type DrivenWindow, installDriver, type PageDriver } from "./page-driver.ts";
import { WAIT_MS } from "./site.ts";

/** Milliseconds between two looks at a page. */
const LOOK_MS = 50;

/** Asks until it is so; fails with the question's name. */
export async function until(name: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${name}`);
    await pause(LOOK_MS);
  }
}

type Asked = {
  [Name in keyof PageDriver]: PageDriver[Name] extends (...given: never[]) => unknown ? Name : never;
}[keyof PageDriver];

/** The chat in a tab that may be hidden, in either browser. */
export class DrivenChat {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Goes to an address in a new tab, which is looked at from then on. */
  static async visit(visitor: BrowserContext, url: string): Promise<DrivenChat> {
    const page = await visitor.newPage();
    await page.evaluateOnNewDocument(installDriver);
    await page.goto(url);
    return new DrivenChat(page);
  }

  /** Calls the driver in the page. */
  get<Name extends Asked>(
    name: Name,
    ...given: Parameters<PageDriver[Name]>
  ): Promise<ReturnType<PageDriver[Name]>> {
    return this.page.evaluate(
      (called, words) =>
        ((window as unknown as DrivenWindow).driver[called] as (...words: unknown[]) => unknown)(...words),
      name,
      given as unknown[],
    ) as Promise<ReturnType<PageDriver[Name]>>;
  }

  breaches(): Promise<readonly string[]> {
    return this.page.evaluate(() => (window as unknown as DrivenWindow).driver.breaches);
  }

  command(...call: unknown[]): Promise<void> {
    return this.page.evaluate(
      (words) => (window as unknown as DrivenWindow).Parlance(...words),
      call,
    ) as Promise<void>;
  }

  /** Opens the panel and waits for the connection. */
  async open(): Promise<void> {
    await until("the chat is on the page", () => this.get("isMounted"));
    await this.command("open");
    await this.online();
  }

  online(): Promise<void> {
    return until("the chat is online", async () => (await this.get("panelText")).includes("Online"));
  }

  /** Asks, whether the tab is looked at or not. */
  ask(text: string): Promise<void> {
    return this.command("send", text);
  }

  /** Waits until the last of so many answers has that many characters on the screen. */
  grown(answers: number, characters: number): Promise<void> {
    return until(
      `answer ${answers} has ${characters} characters`,
      async () =>
        (await this.get("count", "Assistant")) >= answers && (await this.get("grown")) >= characters,
    );
  }

  /** Waits until the last of so many answers has ended; returns its text as the model wrote it. */
  async ended(answers: number): Promise<string> {
    await until(
      `answer ${answers} has ended`,
      async () => (await this.get("count", "Assistant")) >= answers && (await this.get("isEnded")),
    );
    return this.get("copied");
  }
}
