import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import type { Chat } from "./support/chat.ts";
import { type Network, startNetwork } from "./support/network.ts";
import { type Stage, startStage } from "./support/stage.ts";

/** Tokens a second of the answers here. */
const RATE = 60;
/** How long, in seconds, the way to the gateway is cut; shorter where only the kind of cut matters. */
const LONG = 10;
const SHORT = 2;
/** How long, in seconds, an answer lasts before the cut, and after it. */
const BEFORE = 1;
const AFTER = 1;

let stage: Stage;
let network: Network;

beforeAll(async () => {
  stage = await startStage();
});
afterEach(async () => {
  await Promise.all(stage.browser.contexts().map((context) => context.close()));
  await network.close();
});
afterAll(() => stage.stop());

/** Puts up a page whose chat reaches the gateway by a network of its own. */
async function pageOnNetwork(): Promise<string> {
  network = await startNetwork(Number(new URL(stage.gatewayUrl).port));
  return stage.pages.put({ head: stage.tag({}, network.url) });
}

const tokensOf = (seconds: number): number => (BEFORE + seconds + AFTER) * RATE;

/** Has a chat in the middle of an answer, which then waits; there is more of it than for so many seconds. */
async function midAnswer(chat: Chat, seed: number, seconds: number): Promise<void> {
  await chat.open();
  await chat.ask(
    `At length [[sim tokens=${tokensOf(seconds)} rate=${RATE} seed=${seed} hold-after=${BEFORE * RATE}]]`,
  );
  await chat.grown(60);
}

const askedFor = (seed: number) =>
  stage.upstream.requests.filter(({ directives }) => directives.seed === seed);

/** Lets the model write for so many seconds more, and resolves when it has; nothing of it has come to the screen. */
async function nothingFor(chat: Chat, seed: number, seconds: number): Promise<void> {
  const sent = askedFor(seed)[0]?.tokensSent ?? 0;
  stage.upstream.goOn(seconds * RATE);
  const written = (more: number) =>
    stage.upstream.waitFor(
      ({ directives, tokensSent }) => directives.seed === seed && tokensSent >= sent + more * RATE,
    );
  // What had come before the cut is drawn in a moment.
  await written(0.5);
  const before = await chat.answers.textContent();
  await written(seconds);
  expect(await chat.answers.textContent()).toBe(before);
}

/** The answer goes on, and is whole on the screen, once, asked for once, and drawn as one that never was interrupted. */
async function expectWhole(chat: Chat, seed: number, seconds: number): Promise<void> {
  stage.upstream.goOn();
  await chat.ended();
  expect(await chat.copied()).toBe(expectedText(seed, tokensOf(seconds)));
  expect(await chat.answers.count()).toBe(1);
  expect(await chat.questions.count()).toBe(1);
  expect(askedFor(seed)).toHaveLength(1);
  const drawn = await chat.drawn();
  await chat.page.reload();
  await chat.open();
  await chat.ended();
  expect(await chat.drawn()).toBe(drawn);
  expect(await chat.answers.count()).toBe(1);
}

describe("in the middle of an answer", () => {
  test("a browser that is offline for ten seconds says so, and leaves no seam", async () => {
    const chat = await stage.tab(await stage.visitor(), await pageOnNetwork());
    await midAnswer(chat, 21, LONG);
    await chat.visitor.setOffline(true);
    await chat.panel.getByText("You are offline").waitFor();
    await nothingFor(chat, 21, LONG);
    await chat.visitor.setOffline(false);
    await chat.online();
    await expectWhole(chat, 21, LONG);
  });

  test("connections that break are made again, and leave no seam", async () => {
    const chat = await stage.tab(await stage.visitor(), await pageOnNetwork());
    await midAnswer(chat, 22, SHORT);
    network.breakOff();
    await chat.panel.getByText("Reconnecting…").waitFor();
    await nothingFor(chat, 22, SHORT);
    network.restore();
    await chat.online();
    await expectWhole(chat, 22, SHORT);
  });

  test("a connection that falls silent is found out by its silence, and leaves no seam", async () => {
    const chat = await stage.tab(await stage.visitor(), "about:blank");
    const { clock } = chat.page;
    await clock.install();
    await chat.page.goto(await pageOnNetwork());
    await midAnswer(chat, 23, SHORT);
    network.goSilent();
    // The client asks after 45 s of silence, and gives up 10 s later.
    await clock.fastForward(46_000);
    await clock.fastForward(11_000);
    await chat.panel.getByText("Reconnecting…").waitFor();
    await nothingFor(chat, 23, SHORT);
    network.restore();
    // What it tried meanwhile went into the same silence, and is given up first: a socket, then a request.
    const probe = chat.page.waitForRequest(`${network.url}/v1/chat`);
    await clock.fastForward(16_000);
    await probe;
    await clock.fastForward(16_000);
    await chat.online();
    network.forgetSilent();
    await expectWhole(chat, 23, SHORT);
  });

  test("a reload finds the answer going on, and leaves no seam", async () => {
    const chat = await stage.tab(await stage.visitor(), await pageOnNetwork());
    await midAnswer(chat, 24, SHORT);
    await chat.page.reload();
    await chat.open();
    await chat.grown(60);
    expect(await chat.stopButton.isVisible()).toBe(true);
    await expectWhole(chat, 24, SHORT);
  });
});

describe("written without a connection", () => {
  test("messages say that they wait, and are sent on return, once each and in order", async () => {
    const chat = await stage.tab(await stage.visitor(), await pageOnNetwork());
    await chat.open();
    network.breakOff();
    await chat.visitor.setOffline(true);
    await chat.panel.getByText("You are offline").waitFor();
    await chat.ask("[[sim tokens=30 seed=31]] first");
    await chat.ask("[[sim tokens=30 seed=32]] second");
    await chat.panel.getByText("Will be sent when you are back online").nth(1).waitFor();
    expect(askedFor(31)).toHaveLength(0);
    network.restore();
    await chat.visitor.setOffline(false);
    await chat.answers.nth(1).waitFor();
    await chat.ended();
    expect(await chat.copied(chat.answers.nth(0))).toBe(expectedText(31, 30));
    expect(await chat.copied(chat.answers.nth(1))).toBe(expectedText(32, 30));
    await chat.page.reload();
    await chat.open();
    await chat.answers.nth(1).waitFor();
    expect(await chat.questions.allInnerTexts()).toEqual([
      "[[sim tokens=30 seed=31]] first",
      "[[sim tokens=30 seed=32]] second",
    ]);
    expect([askedFor(31).length, askedFor(32).length]).toEqual([1, 1]);
  });

  test("a message survives the end of its tab, and is sent by the next one, once", async () => {
    const chat = await stage.tab(await stage.visitor(), await pageOnNetwork());
    await chat.open();
    network.breakOff();
    await chat.panel.getByText("Reconnecting…").waitFor();
    await chat.ask("[[sim tokens=30 seed=33]]");
    await chat.panel.getByText("Will be sent when you are back online").waitFor();
    const address = chat.page.url();
    await chat.page.close();
    network.restore();
    const next = await stage.tab(chat.visitor, address);
    await next.open();
    await next.ended();
    expect(await next.copied()).toBe(expectedText(33, 30));
    expect(await next.questions.count()).toBe(1);
    expect(askedFor(33)).toHaveLength(1);
  });
});
