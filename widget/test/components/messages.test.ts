import { afterEach, describe, expect, test } from "@jest/globals";
import type { ClientFrame } from "@parlance/protocol";
import { FakeGateway } from "../client/fake-gateway.ts";
import type { FakeSocket } from "../client/fake-socket.ts";
import { type Mounted, openPanel } from "./mounted.ts";
import { until } from "./until.ts";

const mounted: Mounted[] = [];
const opened = async (...given: Parameters<typeof openPanel>): Promise<Mounted> => {
  const made = await openPanel(...given);
  mounted.push(made);
  return made;
};
afterEach(() => {
  for (const { panel } of mounted.splice(0)) panel.destroy();
  document.body.replaceChildren();
});

async function ask({ type, press, gateway }: Mounted, text: string): Promise<void> {
  type(text);
  press("Enter");
  await gateway.clock.advance(100);
}

/** Keeps what clients send, apart from messages, which go on to the gateway. */
function keepFrames(gateway: FakeGateway): ClientFrame[] {
  const kept: ClientFrame[] = [];
  gateway.onFrame = (frame) => {
    kept.push(frame);
    return frame.type === "regenerate" || frame.type === "edit";
  };
  return kept;
}

describe("an empty conversation", () => {
  test("greets, and offers questions that are asked by a click", async () => {
    const panel = await opened({ greeting: "Hello!", prompts: "One?|Two?" });
    await until(() => panel.text().includes("Hello!"));
    await panel.click("Two?");
    await panel.gateway.clock.advance(100);
    await until(() => panel.bubbles().length === 2);
    expect(panel.bubbles()).toEqual(["Two?", "Echo: Two?"]);
    expect(panel.text()).not.toContain("Hello!");
  });

  test("says that an AI answers and may be wrong", async () => {
    expect((await opened()).text()).toContain("An AI answers and may be wrong.");
  });
});

describe("an answer", () => {
  test("is dots before its first word, then grows as formatted text", async () => {
    const gateway = new FakeGateway();
    gateway.isHeld = true;
    gateway.answer = () => ["Some **bo", "ld** words"];
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    await until(() => panel.root.querySelector(".answer .dots"));
    gateway.stream(gateway.lastReply(), 1);
    await gateway.clock.advance(100);
    await until(() => panel.root.querySelector(".prose strong")?.textContent === "bo");
    gateway.finish(gateway.lastReply());
    await gateway.clock.advance(100);
    await until(() => panel.root.querySelector(".prose strong")?.textContent === "bold");
    expect(panel.root.querySelector(".dots")).toBeNull();
  });

  test("is announced when it begins and when it is there, not in between", async () => {
    const gateway = new FakeGateway();
    gateway.isHeld = true;
    const panel = await opened({}, gateway);
    const status = (): string | null | undefined => panel.root.querySelector("[role=status]")?.textContent;
    await ask(panel, "Go");
    await until(() => status() === "Assistant is answering");
    gateway.stream(gateway.lastReply(), 1);
    await gateway.clock.advance(100);
    expect(status()).toBe("Assistant is answering");
    gateway.finish(gateway.lastReply());
    await gateway.clock.advance(100);
    await until(() => status() === "Answer complete");
  });

  test("can be rated, and the rating taken back", async () => {
    const gateway = new FakeGateway();
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    const frames = keepFrames(gateway);
    await panel.click("Good answer");
    await until(() => panel.button("Good answer")?.getAttribute("aria-pressed") === "true");
    await panel.click("Good answer");
    await until(() => frames.length === 2);
    expect(frames).toMatchObject([
      { type: "feedback", rating: "up" },
      { type: "feedback", rating: null },
    ]);
  });

  test.each([
    ["Answer again", { type: "regenerate" }],
    ["Continue", { type: "message", content: "Please continue from where you stopped." }],
  ])("that was stopped can be had otherwise: %s", async (name, frame) => {
    const gateway = new FakeGateway();
    gateway.isHeld = true;
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    gateway.stream(gateway.lastReply(), 1);
    gateway.finish(gateway.lastReply(), "cancelled");
    await gateway.clock.advance(100);
    const frames = keepFrames(gateway);
    await panel.click(name);
    await gateway.clock.advance(100);
    expect(frames).toMatchObject([frame]);
  });

  test("offers only what the gateway can do", async () => {
    const gateway = new FakeGateway();
    gateway.features = [];
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    await until(() => panel.button("Copy answer"));
    for (const name of ["Answer again", "Good answer", "Edit message"]) expect(panel.button(name)).toBeNull();
    await panel.click("More options");
    const items = await until(() => panel.root.querySelector("[role=menu]"));
    expect(items.textContent).toBe("New conversation");
  });

  test("that failed says why, and waits before it can be tried again", async () => {
    const gateway = new FakeGateway();
    gateway.isHeld = true;
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    const reply = gateway.lastReply();
    gateway.socket.push({
      type: "error",
      code: "UPSTREAM_OVERLOADED",
      message: "busy",
      reply: reply.id,
      retryAfter: 30,
    });
    gateway.finish(reply, "error");
    await gateway.clock.advance(100);
    await until(() => panel.text().includes("The assistant is very busy."));
    const retry = await until(() => panel.button("Try again in 30 s") ?? panel.button("Try again in 29 s"));
    expect(retry.disabled).toBe(true);
  });
});

describe("a message", () => {
  /** Refuses every message. */
  function refuse(frame: ClientFrame, socket: FakeSocket): boolean {
    if (frame.type !== "message") return false;
    socket.push({ type: "error", code: "RATE_LIMITED", message: "slow down", ref: frame.id });
    return true;
  }

  test("that was refused stays, says why, and goes under the same id when tried again", async () => {
    const gateway = new FakeGateway();
    gateway.onFrame = refuse;
    const panel = await opened({}, gateway);
    await ask(panel, "Hello");
    await until(() => panel.text().includes("Not sent. That was a lot of messages"));
    const frames = keepFrames(gateway);
    await panel.click("Try again");
    await gateway.clock.advance(100);
    await until(() => panel.bubbles().length === 2);
    expect(panel.bubbles()).toEqual(["Hello", "Echo: Hello"]);
    expect(panel.text()).not.toContain("Not sent");
    expect(frames[0]?.id).toBe(gateway.accepted[0]);
  });

  test("that was refused can be discarded", async () => {
    const gateway = new FakeGateway();
    gateway.onFrame = refuse;
    const panel = await opened({}, gateway);
    await ask(panel, "Hello");
    await panel.click("Discard");
    await until(() => panel.bubbles().length === 0);
  });

  test("written offline waits, is sent once on return, and a way to the site's owner is shown", async () => {
    const gateway = new FakeGateway();
    const panel = await opened({ contact: "help@shop.test" }, gateway);
    gateway.isOffline = true;
    gateway.socket.drop();
    await gateway.clock.advance(5_000);
    await ask(panel, "Are you there?");
    await until(() => panel.text().includes("Will be sent when you are back online"));
    const link = await until(() => panel.root.querySelector("a"));
    expect(link.href).toBe("mailto:help@shop.test");
    gateway.isOffline = false;
    await panel.click("Try now");
    await gateway.clock.advance(100);
    await until(() => panel.bubbles().length === 2);
    expect(gateway.accepted.length).toBe(1);
  });

  test("the last one can be edited; Escape gives back what was being written", async () => {
    const gateway = new FakeGateway();
    const panel = await opened({}, gateway);
    await ask(panel, "Frist");
    panel.type("draft");
    await panel.click("Edit message");
    await until(() => panel.box().value === "Frist");
    panel.box().focus();
    panel.press("Escape");
    await until(() => panel.box().value === "draft");
    expect(panel.launcher.ariaExpanded).toBe("true");
    const frames = keepFrames(gateway);
    await panel.click("Edit message");
    await until(() => panel.box().value === "Frist");
    panel.type("First");
    await panel.click("Save and ask again");
    await until(() => frames.length > 0);
    expect(frames).toMatchObject([{ type: "edit", content: "First" }]);
  });
});

describe("the menu", () => {
  test("asks before it clears", async () => {
    const gateway = new FakeGateway();
    const panel = await opened({}, gateway);
    await ask(panel, "Go");
    await panel.click("More options");
    await panel.click("Clear this conversation");
    await until(() => panel.text().includes("It will be gone"));
    expect(panel.bubbles().length).toBe(2);
    await panel.click("Clear");
    await gateway.clock.advance(100);
    await until(() => panel.bubbles().length === 0);
  });

  test("is walked through with arrows, and Escape closes it alone", async () => {
    const panel = await opened();
    await panel.click("More options");
    const first = await until(
      () => panel.root.activeElement?.role === "menuitem" && panel.root.activeElement,
    );
    panel.press("ArrowDown");
    expect(panel.root.activeElement).not.toBe(first);
    panel.press("ArrowUp");
    expect(panel.root.activeElement).toBe(first);
    panel.press("Escape");
    await until(() => panel.root.querySelector("[role=menu]") === null);
    expect([panel.root.activeElement, panel.launcher.ariaExpanded]).toEqual([
      panel.button("More options"),
      "true",
    ]);
  });
});

describe("words and looks", () => {
  test("are the site's own where it has some, and change at once", async () => {
    const panel = await opened({
      "text.placeholder": "Fragen Sie …",
      "text.fineprint": "KI.",
      theme: "dark",
    });
    const frame = panel.root.querySelector<HTMLElement>(".parlance");
    expect([panel.box().placeholder, frame?.dataset.theme]).toEqual(["Fragen Sie …", "dark"]);
    expect(panel.text()).toContain("KI.");
    panel.set({ theme: "light", accent: "#ffdd00", dir: "rtl", position: "left" });
    await until(() => frame?.dataset.theme === "light");
    expect([frame?.dir, frame?.dataset.side, panel.launcher.dataset.side]).toEqual(["rtl", "left", "left"]);
    expect(frame?.style.getPropertyValue("--on-accent")).toBe("#000000");
  });
});
