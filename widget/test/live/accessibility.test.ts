import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { AxeResults } from "axe-core";
import type { Chat } from "./support/chat.ts";
import { type Stage, startStage } from "./support/stage.ts";

let stage: Stage;
let axe: string;

beforeAll(async () => {
  stage = await startStage();
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});
afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
afterAll(() => stage.stop());

/** What axe finds wrong on the page, the chat included: the rule, and where. */
async function violations({ page }: Chat): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found, passes } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  // It looked into the shadow root too.
  expect(JSON.stringify(passes)).toContain("launcher");
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(" ")}`));
}

describe.each(["light", "dark"] as const)("axe in %s", (colorScheme) => {
  test("finds nothing wrong in any state", async () => {
    const chat = await stage.visit({ head: stage.tag() }, { colorScheme, reducedMotion: "reduce" });
    await chat.launcher.waitFor();
    expect(["closed", ...(await violations(chat))]).toEqual(["closed"]);

    await chat.open();
    expect(["welcome", ...(await violations(chat))]).toEqual(["welcome"]);

    // Long enough for every kind of Markdown.
    await chat.ask("Everything [[sim tokens=700 seed=91]]");
    await chat.ended();
    expect(["answered", ...(await violations(chat))]).toEqual(["answered"]);

    await chat.ask("At length [[sim tokens=3000 rate=80 seed=92]]");
    await chat.grown(60, chat.answers.nth(1));
    expect(["streaming", ...(await violations(chat))]).toEqual(["streaming"]);

    await chat.stopButton.click();
    await chat.ended(chat.answers.nth(1));
    expect(["stopped", ...(await violations(chat))]).toEqual(["stopped"]);

    await chat.ask("[[sim fail=400]]");
    await chat.panel.getByText("The assistant ran into a problem.").waitFor();
    expect(["error", ...(await violations(chat))]).toEqual(["error"]);

    await chat.button("More options").click();
    expect(["menu", ...(await violations(chat))]).toEqual(["menu"]);

    await chat.page.getByRole("menuitem", { name: "Conversations" }).click();
    await chat.panel.getByText("Everything").waitFor();
    expect(["conversations", ...(await violations(chat))]).toEqual(["conversations"]);
  });
});

describe("with the keyboard alone", () => {
  /** What has the focus, by its name. */
  const focused = (chat: Chat): Promise<string | null | undefined> =>
    chat.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent;
    });

  test("a visitor opens, asks, stops, chooses from the menu, and is back where they were", async () => {
    const chat = await stage.visit();
    const { keyboard } = chat.page;
    await chat.launcher.waitFor();
    await keyboard.press("Tab");
    expect(await focused(chat)).toBe("Read on");
    await keyboard.press("Tab");
    expect(await focused(chat)).toBe("Open chat");
    await keyboard.press("Enter");
    await chat.online();
    await chat.focusOn("textbox", "Message");

    await keyboard.type("At length [[sim tokens=3000 rate=80 seed=93]]");
    await keyboard.press("Enter");
    await chat.grown(40);
    expect(await focused(chat)).toBe("Message");
    await keyboard.press("Tab");
    expect(await focused(chat)).toBe("Stop answering");
    await keyboard.press("Enter");
    await chat.panel.getByText("You stopped this answer.").waitFor();
    await chat.focusOn("textbox", "Message");

    await chat.reach("More options");
    await keyboard.press("Enter");
    await chat.focusOn("menuitem", "New conversation");
    await keyboard.press("ArrowDown");
    expect(await focused(chat)).toBe("Conversations");
    await keyboard.press("Escape");
    expect(await focused(chat)).toBe("More options");
    await keyboard.press("Enter");
    await chat.focusOn("menuitem", "New conversation");
    await keyboard.press("Enter");
    await chat.panel.getByText("Hi there").waitFor();

    await keyboard.press("Escape");
    await chat.panel.waitFor({ state: "hidden" });
    expect(await focused(chat)).toBe("Open chat");
    await keyboard.press("Shift+Tab");
    expect(await focused(chat)).toBe("Read on");
  });

  test("nothing of a closed panel can be reached, and the page can while it is open", async () => {
    const chat = await stage.visit();
    const { keyboard } = chat.page;
    await chat.open();
    await chat.page.getByRole("link", { name: "Read on" }).click();
    expect(await focused(chat)).toBe("Read on");
    await chat.launcher.click();
    await chat.panel.waitFor({ state: "hidden" });
    const seen = [];
    for (let steps = 0; steps < 4; steps++) {
      await keyboard.press("Tab");
      seen.push(await focused(chat));
    }
    expect(new Set(seen.filter((name) => name !== "Open chat" && name !== "Read on"))).toEqual(
      new Set([expect.stringContaining("A shop")]),
    );
  });
});

test("zoomed to 200 %, there is room to read, and the focus comes back on closing", async () => {
  const zoomed = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
  const chat = await stage.visit({ head: stage.tag() }, zoomed);
  await chat.open();
  await chat.ask("[[sim tokens=200 seed=95]]");
  await chat.ended();
  expect((await chat.log.boundingBox())?.height).toBeGreaterThan(200);
  await chat.page.keyboard.press("Escape");
  await chat.focusOn("button", "Open chat");
});

describe("on a phone", () => {
  const PHONE = {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  };

  test.each([360, 390])("of %d pixels the panel fills the screen, and nothing is cut off", async (width) => {
    const chat = await stage.visit(
      { head: stage.tag() },
      { ...PHONE, viewport: { width, height: 844 }, reducedMotion: "reduce" },
    );
    await chat.launcher.tap();
    await chat.online();
    // The keyboard of a phone comes up where the visitor asks for it.
    expect(await chat.box.evaluate((box) => (box.getRootNode() as ShadowRoot).activeElement === box)).toBe(
      false,
    );
    expect(await chat.panel.boundingBox()).toEqual({ x: 0, y: 0, width, height: 844 });
    await chat.ask(`${"Donaudampfschifffahrtsgesellschaft".repeat(4)} [[sim tokens=700 seed=94]]`);
    await chat.ended();
    const sizes = await chat.log.evaluate((log) => ({
      page: document.documentElement.scrollWidth,
      inner: log.scrollWidth - log.clientWidth,
      // What cannot be made narrow scrolls by itself.
      outside: [...log.querySelectorAll(".bubble")].filter(
        (bubble) => bubble.getBoundingClientRect().right > innerWidth,
      ).length,
    }));
    expect(sizes).toEqual({ page: width, inner: 0, outside: 0 });
    const small = await chat.panel.evaluate((panel) =>
      [...panel.querySelectorAll("button")]
        .filter((button) => button.checkVisibility())
        .map((button) => ({ button, box: button.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 24 || box.height < 24)
        .map(({ button }) => button.ariaLabel ?? button.textContent),
    );
    expect(small).toEqual([]);
    await chat.panel.getByRole("button", { name: "Close chat" }).tap();
    await chat.panel.waitFor({ state: "hidden" });
    await chat.focusOn("button", "Open chat");
  });
});
