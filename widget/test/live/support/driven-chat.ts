import { setTimeout as pause } from "node:timers/promises";
import type { BrowserContext, CDPSession, Page } from "puppeteer-core";
import { type DrivenWindow, installDriver, type PageDriver } from "./page-driver.ts";
import { WAIT_MS } from "./site.ts";

/** Milliseconds between two looks at a page. */
const LOOK_MS = 50;

/** Asks until it is so; fails with the question's name, and with what is so instead where that can be told. */
export async function until(
  name: string,
  isSo: () => Promise<boolean> | boolean,
  instead: () => Promise<string> = async () => "",
): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${name} ${await instead()}`.trimEnd());
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

  /** Goes to an address in a new tab, which is looked at from then on. `change` is done to its window first. */
  static async visit(
    visitor: BrowserContext,
    url: string,
    change: () => void = () => undefined,
  ): Promise<DrivenChat> {
    const page = await visitor.newPage();
    await page.evaluateOnNewDocument(change);
    await page.evaluateOnNewDocument(installDriver);
    await page.goto(url);
    return new DrivenChat(page);
  }

  /** Calls the driver in the page. */
  get<Name extends Asked>(
    name: Name,
    ...given: Parameters<PageDriver[Name]>
  ): Promise<Awaited<ReturnType<PageDriver[Name]>>> {
    return this.page.evaluate(
      (called, words) =>
        ((window as unknown as DrivenWindow).driver[called] as (...words: unknown[]) => unknown)(...words),
      name,
      given as unknown[],
    ) as Promise<Awaited<ReturnType<PageDriver[Name]>>>;
  }

  breaches = (): Promise<readonly string[]> =>
    this.page.evaluate(() => (window as unknown as DrivenWindow).driver.breaches);

  /** Tells Chromium something about the page in its own protocol, whether that is answered or not. */
  async tell(...[method, ...given]: Parameters<CDPSession["send"]>): Promise<void> {
    const session = await this.page.createCDPSession();
    // A page that crashes does not answer.
    session.send(method, ...given).catch(() => undefined);
  }

  /** The addresses that the page had loaded. */
  loaded(): Promise<string[]> {
    return this.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  }

  command(...call: unknown[]): Promise<void> {
    return this.page.evaluate(
      (words) => (window as unknown as DrivenWindow).Parlance(...words),
      call,
    ) as Promise<void>;
  }

  /** Leaves the page for another, as by a link. */
  async goTo(url: string): Promise<void> {
    await this.page.evaluate((to) => location.assign(to), url);
    await this.at(url);
  }

  /** Goes back to the page that was left, as by the button. */
  async goBack(): Promise<void> {
    const left = this.page.url();
    await this.page.evaluate(() => history.back());
    await until("it is back", async () => (await this.address()) !== left);
  }

  private at(url: string): Promise<void> {
    return until(`it is at ${url}`, async () => (await this.address()) === url);
  }

  private address(): Promise<string | null> {
    return this.page.evaluate(() => location.href).catch(() => null);
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
