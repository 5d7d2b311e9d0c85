import { afterEach, describe, expect, test } from "@jest/globals";
import { FakeGateway } from "../client/fake-gateway.ts";
import { type Mounted, mountPanel, openPanel } from "./mounted.ts";
import { until } from "./until.ts";

const mounted: Mounted[] = [];
const closed = (...given: Parameters<typeof mountPanel>): Mounted => {
  const made = mountPanel(...given);
  mounted.push(made);
  return made;
};
const opened = async (...given: Parameters<typeof openPanel>): Promise<Mounted> => {
  const made = await openPanel(...given);
  mounted.push(made);
  return made;
};

afterEach(() => {
  for (const { panel } of mounted.splice(0)) panel.destroy();
  document.body.replaceChildren();
});

describe("opening and closing", () => {
  test("a mounted panel connects to nothing and shows nothing", () => {
    const { gateway, root } = closed();
    expect([gateway.sessions.length, gateway.sockets.length]).toEqual([0, 0]);
    expect(root.querySelector("[role=dialog]")).toBeNull();
  });

  test("focus goes to the text box, and back to the launcher on Escape", async () => {
    const { root, box, press, launcher, told } = await opened();
    await until(() => root.activeElement === box(), "focus");
    expect(launcher.ariaExpanded).toBe("true");
    press("Escape");
    await until(() => root.activeElement === launcher, "focus back");
    expect([launcher.ariaExpanded, launcher.ariaLabel]).toEqual(["false", "Open chat"]);
    expect(told.map(([name]) => name)).toEqual(["open", "close"]);
  });

  test("what is typed is no business of the page's shortcuts", async () => {
    const { press } = await opened();
    const heard: string[] = [];
    const listen = ({ key }: KeyboardEvent): unknown => heard.push(key);
    document.addEventListener("keydown", listen);
    press("j");
    document.removeEventListener("keydown", listen);
    expect(heard).toEqual([]);
  });

  test("it is a dialog with the site's title, a log that is not live, and one polite status", async () => {
    const { root, type, press } = await opened({ title: "Alder" });
    const dialog = root.querySelector("[role=dialog]");
    expect([
      dialog?.ariaLabel ?? dialog?.getAttribute("aria-label"),
      dialog?.getAttribute("aria-modal"),
    ]).toEqual(["Alder", "false"]);
    type("Hi");
    press("Enter");
    const log = await until(() => root.querySelector("[role=log]"));
    expect(log.getAttribute("aria-live")).toBe("off");
    expect(root.querySelectorAll("[aria-live=polite], [role=status]").length).toBe(1);
  });

  test("a sent command opens it and asks", async () => {
    const { panel, gateway, bubbles, told } = closed();
    panel.run("send", "Hello?");
    await gateway.clock.advance(100);
    await until(() => bubbles().length === 2, "an answer");
    expect(bubbles()).toEqual(["Hello?", "Echo: Hello?"]);
    expect(told.map(([name]) => name)).toEqual(["open", "message", "reply"]);
    expect(told[2]?.[1]).toMatchObject({ content: "Echo: Hello?", reason: "complete" });
  });

  test("who is identified before opening is never anonymous", async () => {
    const { panel, gateway } = closed();
    panel.run("identify", "jwt-1");
    expect(gateway.sessions).toEqual([]);
    panel.run("open");
    await gateway.clock.advance(0);
    expect(gateway.sessions).toEqual([{ siteKey: "pk_test", userToken: "jwt-1" }]);
  });

  test("answers that come while it is closed are counted on the launcher", async () => {
    const { panel, gateway, launcher, type, press, told } = await opened();
    gateway.isHeld = true;
    type("Slowly");
    press("Enter");
    await gateway.clock.advance(0);
    panel.run("close");
    gateway.finish(gateway.lastReply());
    await gateway.clock.advance(100);
    expect(launcher.ariaLabel).toBe("Open chat (1)");
    expect(launcher.textContent).toBe("1");
    panel.run("open");
    expect([launcher.ariaLabel, launcher.textContent]).toEqual(["Hide chat", ""]);
    expect(told.filter(([name]) => name === "unread").map(([, event]) => event)).toEqual([
      { count: 1 },
      { count: 0 },
    ]);
  });

  test("nothing of it stays behind", async () => {
    const { panel, root, launcher, gateway } = await opened();
    panel.destroy();
    expect([...root.children]).toEqual([launcher]);
    expect(launcher.querySelectorAll("svg").length).toBe(1);
    await gateway.clock.advance(60_000);
    expect([gateway.openSockets.length, gateway.clock.pending]).toEqual([0, 0]);
  });
});

describe("the text box", () => {
  test("Enter sends, Shift and Enter does not", async () => {
    const { type, press, gateway, box } = await opened();
    type("two");
    expect(press("Enter", { shiftKey: true }).defaultPrevented).toBe(false);
    expect(gateway.accepted).toEqual([]);
    expect(press("Enter").defaultPrevented).toBe(true);
    await until(() => gateway.accepted.length === 1);
    await until(() => box().value === "");
  });

  test("Enter that chooses a word of an input method does not send", async () => {
    const { type, press, gateway } = await opened();
    type("にほん");
    press("Enter", { isComposing: true });
    press("Enter", { keyCode: 229 });
    await gateway.clock.advance(100);
    expect(gateway.accepted).toEqual([]);
  });

  test("nothing but spaces is not sent", async () => {
    const { type, press, gateway, button } = await opened();
    type("  \n ");
    press("Enter");
    await gateway.clock.advance(100);
    expect([gateway.accepted, button("Send message")?.disabled]).toEqual([[], true]);
  });

  test("counts characters as the gateway does, near the limit and over it", async () => {
    const { type, press, text, gateway } = await opened();
    expect(text()).not.toContain("characters");
    type("🙂".repeat(15_990));
    await until(() => text().includes("10 characters left"));
    type("🙂".repeat(16_002));
    await until(() => text().includes("2 characters too many"));
    press("Enter");
    await gateway.clock.advance(100);
    expect(gateway.accepted).toEqual([]);
  });

  test("while an answer runs there is Stop, and Send as soon as something is written", async () => {
    const gateway = new FakeGateway();
    gateway.isHeld = true;
    const { type, press, click, button, bubbles, text } = await opened({}, gateway);
    type("Tell me");
    press("Enter");
    await gateway.clock.advance(0);
    await until(() => button("Stop answering"));
    expect(button("Send message")).toBeNull();
    type("And more");
    await until(() => button("Send message") && button("Stop answering"));
    gateway.stream(gateway.lastReply(), 2);
    await gateway.clock.advance(100);
    await until(() => bubbles()[1] === "Echo: Tell");
    await click("Stop answering");
    await gateway.clock.advance(100);
    await until(() => button("Stop answering") === null);
    expect(text()).toContain("You stopped this answer.");
    expect(gateway.lastReply().reason).toBe("cancelled");
  });
});
