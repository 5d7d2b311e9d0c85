import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { Chat } from "./support/chat.ts";
import { sentFrames } from "./support/frames.ts";
import { type Stage, startStage } from "./support/stage.ts";

describe("two tabs of one visitor", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  /** A visitor with a conversation in one tab, and the same one in another. */
  async function twoTabs(seed: number) {
    const first = await stage.visit();
    const frames = sentFrames(first.page);
    await first.open();
    await first.ask(`To begin with [[sim tokens=20 seed=${seed}]]`);
    await first.ended();
    const second = new Chat(await first.visitor.newPage());
    sentFrames(second.page, frames);
    await second.page.goto(first.page.url());
    await second.open();
    await second.ended();
    return { first, second, frames };
  }

  test("what is asked in one grows in both, and both have the exact text", async () => {
    const { first, second, frames } = await twoTabs(41);
    await first.box.pressSequentially("Go");
    await frames.until((all) => all.some(({ type, active }) => type === "typing" && active));
    await first.ask("Go on [[sim tokens=240 rate=80 seed=42 hold-after=60]]");
    await second.questions.nth(1).waitFor();
    await second.grown(100, second.answers.nth(1));
    expect(await first.stopButton.isVisible()).toBe(true);
    expect(await second.stopButton.isVisible()).toBe(true);
    stage.upstream.goOn();
    for (const chat of [first, second]) {
      await chat.ended(chat.answers.nth(1));
      expect(await chat.copied(chat.answers.nth(1))).toBe(expectedText(42, 240));
      expect(await chat.questions.allTextContents()).toHaveLength(2);
      expect(await chat.answers.count()).toBe(2);
    }
    expect(await second.drawn()).toBe(await first.drawn());
    expect(stage.upstream.requests.filter(({ directives }) => directives.seed === 42)).toHaveLength(1);
  });

  test("an answer asked for in one is stopped in the other, for both", async () => {
    const { first, second } = await twoTabs(43);
    await first.ask("At length [[sim tokens=3000 rate=80 seed=44]]");
    await second.grown(60, second.answers.nth(1));
    await second.stopButton.click();
    const texts: string[] = [];
    for (const chat of [first, second]) {
      await chat.page.getByText("You stopped this answer.").waitFor();
      expect(await chat.stopButton.isVisible()).toBe(false);
      texts.push(await chat.copied(chat.answers.nth(1)));
    }
    expect(texts[0]).toBe(texts[1]);
    expect(expectedText(44, 3_000).startsWith(texts[0] ?? "-")).toBe(true);
  });

  test("an answer under way is caught up with by a tab that comes later", async () => {
    const first = await stage.visit();
    await first.open();
    await first.ask("At length [[sim tokens=240 rate=80 seed=45 hold-after=60]]");
    await first.grown(60);
    const second = await stage.tab(first.visitor, first.page.url());
    await second.open();
    await second.grown(60);
    stage.upstream.goOn();
    for (const chat of [first, second]) {
      await chat.ended();
      expect(await chat.copied()).toBe(expectedText(45, 240));
    }
    expect(await second.drawn()).toBe(await first.drawn());
  });
});
