import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { undisturbed } from "../../../gateway/test/ports/support/lived-clock.ts";
import { type Stage, startStage } from "./support/stage.ts";

describe("an answer while it is written", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  test("changes the screen at most 20 times a second, at 80 tokens a second", () =>
    undisturbed(async () => {
      const chat = await stage.visit();
      await chat.open();
      // What is loaded with the first answer is there for the second.
      await chat.ask("First [[sim tokens=5 seed=50]]");
      await chat.ended();
      await chat.ask("At length [[sim tokens=320 rate=80 seed=51]]");
      const answer = chat.answers.nth(1);
      await chat.grown(1, answer);
      const changes = await answer.locator(".prose").evaluateHandle((element) => {
        const moments: number[] = [];
        const observer = new MutationObserver(() => moments.push(performance.now()));
        observer.observe(element, { subtree: true, childList: true, characterData: true });
        return { moments, end: () => observer.disconnect() };
      });
      // What comes with the end of an answer is no part of its growing.
      await chat.grown(700, answer);
      const moments = await changes.evaluate((seen) => {
        seen.end();
        return seen.moments;
      });
      const seconds = ((moments.at(-1) ?? 0) - (moments[0] ?? 0)) / 1_000;
      const changesPerSecond = (moments.length - 1) / seconds;
      // How long the first and the last drawing took counts too, so it is not exactly 20.
      expect(changesPerSecond).toBeLessThan(20.5);
      expect(moments.length).toBeGreaterThan(20);
    }));

  test("leaves a reader who scrolled up where they are, and shows the way to the end", async () => {
    const chat = await stage.visit();
    await chat.open();
    await chat.ask("A long one [[sim tokens=400 seed=52]]");
    await chat.ended();
    await chat.ask("Another [[sim tokens=500 rate=80 seed=53 hold-after=80]]");
    await chat.grown(200, chat.answers.nth(1));
    // What is drawn follows what is there at the next frame.
    const untilAtEnd = (): Promise<unknown> =>
      chat.page.waitForFunction(() => {
        const log = document.querySelector("aside")?.shadowRoot?.querySelector("[role=log]");
        return log && log.scrollHeight - log.clientHeight - log.scrollTop < 2;
      });
    await untilAtEnd();

    await chat.log.hover();
    await chat.page.mouse.wheel(0, -400);
    await chat.button("Jump to latest").waitFor();
    await chat.log.evaluate(
      (log) =>
        new Promise<void>((resolve) => {
          let last = -1;
          const untilStill = (): void => {
            if (log.scrollTop === last) resolve();
            else requestAnimationFrame(untilStill);
            last = log.scrollTop;
          };
          untilStill();
        }),
    );
    const place = () =>
      chat.log.evaluate((log) => {
        const { left, top } = log.getBoundingClientRect();
        const root = log.getRootNode() as ShadowRoot;
        const read = root.elementFromPoint(left + 60, top + 80);
        return [log.scrollTop, read?.textContent, read?.getBoundingClientRect().top];
      });
    const before = await place();
    const { length } = await chat.grown(0, chat.answers.nth(1));
    stage.upstream.goOn();
    await chat.grown(length + 400, chat.answers.nth(1));
    expect(await place()).toEqual(before);

    await chat.button("Jump to latest").click();
    await chat.button("Jump to latest").waitFor({ state: "detached" });
    await chat.grown(length + 600, chat.answers.nth(1));
    await chat.ended(chat.answers.nth(1));
    await untilAtEnd();
  });
});
