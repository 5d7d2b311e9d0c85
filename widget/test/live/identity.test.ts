import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { signToken } from "../../../gateway/test/live/support/test-client.ts";
import type { Chat } from "./support/chat.ts";
import { type Stage, startStage } from "./support/stage.ts";

describe("who the visitor is", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())));
  afterAll(() => stage.stop());

  const command = ({ page }: Chat, ...call: unknown[]): Promise<void> =>
    page.evaluate((words) => {
      (window as unknown as { Parlance(...call: unknown[]): void }).Parlance(...words);
    }, call);

  const stored = ({ page }: Chat): Promise<string> =>
    page.evaluate(() => JSON.stringify({ ...localStorage }));

  test("somebody who signs in finds their conversation on another device", async () => {
    const sub = "grace";
    const first = await stage.visit();
    await command(first, "identify", signToken({ sub, name: "Grace" }));
    await first.open();
    await first.panel.getByText("Hi Grace").waitFor();
    await first.ask("Where is my order? [[sim tokens=30 seed=101]]");
    await first.ended();
    const drawn = await first.drawn();

    const second = await stage.visit();
    await second.open();
    expect(await second.questions.count()).toBe(0);
    await command(second, "identify", signToken({ sub, name: "Grace" }));
    await second.ended();
    expect(await second.drawn()).toBe(drawn);
    expect(await second.questions.allTextContents()).toEqual([expect.stringContaining("Where is my order?")]);
  });

  test("signing out leaves nothing of the user on the screen or in storage, and a stranger can go on", async () => {
    const chat = await stage.visit();
    await command(chat, "identify", signToken({ sub: "ada-of-signing-out", name: "Ada" }));
    await chat.open();
    await chat.ask("A secret [[sim tokens=30 seed=102]]");
    await chat.ended();
    await command(chat, "logout");
    await chat.panel.getByText("Hi there", { exact: true }).waitFor();
    await chat.online();
    expect(await chat.panel.textContent()).not.toContain("secret");
    expect(await stored(chat)).not.toMatch(/secret|ada/);
    await chat.ask("Somebody else [[sim tokens=10 seed=103]]");
    await chat.ended();
    expect(await chat.questions.allTextContents()).toEqual([expect.stringContaining("Somebody else")]);
    await chat.page.reload();
    await chat.open();
    await chat.ended();
    expect(await chat.questions.allTextContents()).toEqual([expect.stringContaining("Somebody else")]);
  });

  test("a token that is not good is told to the page, and the chat says that it is not available", async () => {
    const chat = await stage.visit();
    await chat.page.evaluate(() => {
      const page = window as unknown as { heard: unknown[]; Parlance(...call: unknown[]): void };
      page.heard = [];
      page.Parlance("on", "error", (event: unknown) => page.heard.push(event));
    });
    await command(
      chat,
      "identify",
      signToken({ sub: "eve" }, { secret: "a secret that nobody at Acme has ever seen" }),
    );
    await chat.launcher.click();
    await chat.panel.getByText("Not available").waitFor();
    await chat.panel.getByText("You can't be signed in to this chat right now.").waitFor();
    expect(await chat.page.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: "UNAUTHORIZED" })]),
    );
  });
});
