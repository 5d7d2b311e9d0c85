import { createClient } from "../../src/client/index.ts";
import { createLauncher } from "../../src/components/launcher.ts";
import { mount } from "../../src/panel.tsx";
import type { MountedPanel, Settings } from "../../src/stage.ts";
import { FakeGateway } from "../client/fake-gateway.ts";
import { until } from "./until.ts";

/** A panel on a page, at a gateway in memory. */
export interface Mounted {
  readonly gateway: FakeGateway;
  readonly panel: MountedPanel;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  /** What the page was told: names and what came with them. */
  readonly told: [name: string, event: unknown][];
  set(settings: Settings): void;
  /** The button of that name, or null. */
  button(name: string): HTMLButtonElement | null;
  /** Waits for that button and clicks it. */
  click(name: string): Promise<void>;
  box(): HTMLTextAreaElement;
  /** Types a text as a visitor would. */
  type(text: string): void;
  press(key: string, more?: KeyboardEventInit): KeyboardEvent;
  /** The text of all bubbles, oldest first. */
  bubbles(): string[];
  text(): string;
}

/** Puts the panel on the page, closed. */
export function mountPanel(settings: Settings = {}, gateway = new FakeGateway()): Mounted {
  const host = document.createElement("aside");
  document.body.append(host);
  const root = host.attachShadow({ mode: "open" });
  const launcher = createLauncher();
  root.append(launcher);
  const told: [string, unknown][] = [];
  let chosen = settings;
  const panel = mount(
    {
      gateway: gateway.url,
      siteKey: "pk_test",
      root,
      launcher,
      settings: () => chosen,
      mayStore: () => true,
      tell: (name, event) => told.push([name, event]),
    },
    {
      createClient: (options) => createClient({ ...options, environment: gateway.environment }),
      now: gateway.clock.now,
      timers: gateway.clock,
    },
  );

  const button = (name: string): HTMLButtonElement | null =>
    [...root.querySelectorAll("button")].find((each) => (each.ariaLabel ?? each.textContent) === name) ??
    null;
  const box = (): HTMLTextAreaElement => root.querySelector("textarea") as HTMLTextAreaElement;
  return {
    gateway,
    panel,
    root,
    launcher,
    told,
    set(more) {
      chosen = { ...chosen, ...more };
      panel.run("set");
    },
    button,
    async click(name) {
      (await until(() => button(name), name)).click();
    },
    box,
    type(text) {
      box().value = text;
      box().dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    },
    press(key, more = {}) {
      const event = new KeyboardEvent("keydown", {
        key,
        bubbles: true,
        composed: true,
        cancelable: true,
        ...more,
      });
      (root.activeElement ?? box()).dispatchEvent(event);
      return event;
    },
    bubbles: () => [...root.querySelectorAll(".bubble")].map((bubble) => bubble.textContent ?? ""),
    text: () => root.querySelector(".panel")?.textContent ?? "",
  };
}

/** Puts the panel on the page, open and connected. */
export async function openPanel(settings: Settings = {}, gateway = new FakeGateway()): Promise<Mounted> {
  const mounted = mountPanel(settings, gateway);
  mounted.panel.run("open");
  await gateway.clock.advance(0);
  await until(() => mounted.text().includes("Online"), "online");
  return mounted;
}
