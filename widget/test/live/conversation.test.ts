import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { type Stage, startStage } from "./support/stage.ts";

describe("a visitor on a page of another origin", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  test("asks, sees the answer grow, and has the exact text in the end", async () => {
    const chat = await stage.visit();
    await chat.open();
    await chat.ask("Tell me [[sim tokens=150 rate=60 seed=7 hold-after=20]]");
    const early = await chat.grown(20);
    stage.upstream.goOn(60);
    const later = await chat.grown(early.length + 100);
    expect(later.length).toBeGreaterThan(early.length);
    expect(await chat.stopButton.isVisible()).toBe(true);
    stage.upstream.goOn();
    await chat.ended();
    expect(await chat.stopButton.isVisible()).toBe(false);
    expect(await chat.copied()).toBe(expectedText(7, 150));
    expect(await chat.questions.count()).toBe(1);
    expect(await chat.answers.count()).toBe(1);
  });

  test("stops an answer: the model is told, and what was written stays, with a way to go on", async () => {
    const chat = await stage.visit();
    await chat.open();
    await chat.ask("At length [[sim tokens=2000 rate=60 seed=8]]");
    await chat.grown(40);
    await chat.stopButton.click();
    await chat.page.getByText("You stopped this answer.").waitFor();
    const record = await stage.upstream.waitFor(
      ({ directives, abortedAt }) => directives.seed === 8 && abortedAt !== undefined,
    );
    const text = await chat.copied();
    expect(expectedText(8, record.tokensSent)).toContain(text);
    expect(expectedText(8, 2_000).startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(30);
    expect(await chat.stopButton.isVisible()).toBe(false);
    await chat.button("Continue").waitFor();
  });

  test("finds the conversation after a reload, unasked, drawn as it was", async () => {
    const chat = await stage.visit();
    await chat.open();
    await chat.ask("First [[sim tokens=120 seed=9]]");
    await chat.ended();
    await chat.ask("Second [[sim tokens=10 seed=10]]");
    await chat.answers.nth(1).waitFor();
    await chat.ended();
    const before = [await chat.drawn(chat.answers.nth(0)), await chat.drawn(chat.answers.nth(1))];
    await chat.page.reload();
    await chat.open();
    await chat.answers.nth(1).waitFor();
    await chat.ended();
    expect([await chat.drawn(chat.answers.nth(0)), await chat.drawn(chat.answers.nth(1))]).toEqual(before);
    expect(await chat.questions.allInnerTexts()).toEqual([
      "First [[sim tokens=120 seed=9]]",
      "Second [[sim tokens=10 seed=10]]",
    ]);
    expect(await chat.copied(chat.answers.nth(0))).toBe(expectedText(9, 120));
    expect(stage.upstream.requests.filter(({ directives }) => directives.seed === 9)).toHaveLength(1);
  });
});
