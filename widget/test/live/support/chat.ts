import type { BrowserContext, Locator, Page } from "playwright-core";

/** The chat on a page, as a visitor sees and handles it: by roles and names. */
export class Chat {
  readonly page: Page;
  readonly visitor: BrowserContext;
  /** The round button, whatever it is called at the moment. */
  readonly launcher: Locator;
  readonly panel: Locator;
  /** Where the visitor writes. */
  readonly box: Locator;
  /** The conversation. */
  readonly log: Locator;
  readonly questions: Locator;
  readonly answers: Locator;
  readonly stopButton: Locator;

  constructor(page: Page) {
    this.page = page;
    this.visitor = page.context();
    this.launcher = page.locator(".launcher");
    this.panel = page.getByRole("dialog");
    this.box = page.getByRole("textbox", { name: "Message" });
    this.log = page.getByRole("log");
    this.questions = page.getByRole("article", { name: "You" });
    this.answers = page.getByRole("article", { name: "Assistant" });
    this.stopButton = this.button("Stop answering");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Goes back from control to control until a button has the focus. */
  async reach(name: string): Promise<void> {
    const isThere = (): Promise<boolean> => this.button(name).evaluate(hasFocus);
    for (let steps = 0; steps < 40 && !(await isThere()); steps++)
      await this.page.keyboard.press("Shift+Tab");
  }

  /** Waits until a control has the focus. */
  async focusOn(role: "button" | "menuitem" | "textbox", name: string): Promise<void> {
    const control = this.page.getByRole(role, { name, exact: true });
    await control.and(this.page.locator(":focus")).waitFor();
  }

  /** Opens the panel and waits for the connection. */
  async open(): Promise<void> {
    await this.launcher.click();
    await this.online();
  }

  async online(): Promise<void> {
    await this.panel.getByText("Online", { exact: true }).waitFor();
  }

  /** Writes and sends, as by keyboard. */
  async ask(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Waits until the answer on the screen has at least so many characters; returns its text. */
  async grown(characters: number, which = this.answers.last()): Promise<string> {
    const text = which.locator(".bubble");
    await text.waitFor();
    await text.evaluate(
      (element, least) =>
        new Promise<void>((resolve) => {
          const look = (): void => {
            if ((element.textContent ?? "").length >= least) resolve();
            else requestAnimationFrame(look);
          };
          look();
        }),
      characters,
    );
    return (await text.textContent()) ?? "";
  }

  /** Waits until an answer has ended well or otherwise. */
  async ended(which = this.answers.last()): Promise<void> {
    await which.getByRole("button", { name: "Copy answer" }).waitFor();
  }

  /** An answer's text as the model wrote it, by the button that copies it. */
  async copied(which = this.answers.last()): Promise<string> {
    await this.page.evaluate(() => navigator.clipboard.writeText("nothing was copied"));
    await which.getByRole("button", { name: "Copy answer" }).click();
    await which.getByRole("button", { name: "Copied" }).waitFor();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** An answer as it is drawn: its elements and their text. */
  async drawn(which = this.answers.last()): Promise<string> {
    return which.locator(".prose").innerHTML();
  }
}

const hasFocus = (element: Element): boolean => element.matches(":focus");
