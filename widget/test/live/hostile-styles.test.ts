import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Chat } from "./support/chat.ts";
import { type Stage, startStage } from "./support/stage.ts";

/** Rules that hide, reset and disfigure everything that a page's style sheet can reach. */
const HOSTILE = `<style>
* { all: unset !important; display: none !important }
html, body { display: block !important }
html, body, aside {
  color: red !important; font: italic 900 40px/3 fantasy !important; letter-spacing: 9px !important;
  word-spacing: 30px !important; text-transform: uppercase !important; text-indent: 50px !important;
  text-align: center !important; visibility: hidden !important; cursor: wait !important;
  pointer-events: none !important; user-select: none !important; white-space: pre !important;
  direction: rtl !important; writing-mode: vertical-rl !important; -webkit-text-fill-color: lime !important;
  --accent: red !important; --on-accent: red !important; --surface: red !important; --ink: red !important;
}
aside { position: static !important; transform: rotate(45deg) !important; opacity: 0 !important;
  z-index: -1 !important; width: 1px !important; height: 1px !important; overflow: hidden !important;
  contain: strict !important; clip-path: inset(50%) !important; filter: blur(9px) !important }
*::before, *::after { content: "hostile" !important; display: block !important }
.panel, .launcher, button, textarea, article, p, svg { background: red !important; margin: 90px !important }
</style>`;

/** Where every element of the chat stands, and how it is drawn: all of its computed style. */
function looks(chat: Chat) {
  return chat.page.locator("aside").evaluate((host) => {
    const inside = [...(host.shadowRoot as ShadowRoot).querySelectorAll("*")];
    return inside.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      // What a page's own properties do to the chat would be seen in those that draw.
      const names = [...style].filter((name) => !name.startsWith("--"));
      const drawn = names.map((name) => `${name}: ${style.getPropertyValue(name)}`);
      return { name: `${element.tagName} ${element.getAttribute("class")}`, x, y, width, height, drawn };
    });
  });
}

describe("a page whose styles hide and disfigure everything", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  test("has a chat that stands where it would and looks as it would, closed and in a conversation", async () => {
    const seen = [];
    for (const styles of ["", HOSTILE]) {
      const visitor = await stage.visitor({ reducedMotion: "reduce" });
      const chat = await stage.tab(visitor, "about:blank");
      // The time of a message is part of what is drawn.
      await chat.page.clock.setFixedTime("2026-05-04T10:00:00Z");
      await chat.page.goto(stage.pages.put({ head: styles + stage.tag() }));
      await chat.launcher.waitFor();
      const closed = await looks(chat);
      await chat.open();
      await chat.ask("How do they compare? [[sim tokens=300 seed=71]]");
      await chat.ended();
      await chat.page.mouse.move(1, 1);
      seen.push({ closed, open: await looks(chat) });
    }
    const [plain, hostile] = seen;
    expect(plain?.open.length).toBeGreaterThan(50);
    expect(hostile?.closed).toEqual(plain?.closed);
    expect(hostile?.open).toEqual(plain?.open);
  });

  test("really is as hostile as it seems to elements of the page", async () => {
    const chat = await stage.visit({ head: HOSTILE + stage.tag() });
    await chat.launcher.waitFor();
    expect(await chat.page.locator("h1").isVisible()).toBe(false);
  });
});
