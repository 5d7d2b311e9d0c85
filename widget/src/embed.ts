import { visitorStorageKey } from "./client/storage-keys.ts";
import { createLauncher, dressLauncher } from "./components/launcher.ts";
import type { Command, MountedPanel, PanelModule, Settings, Stage } from "./stage.ts";
import { LAUNCHER_STYLES } from "./theme/launcher-styles.ts";

/** What a chat on a page is made of. */
export interface EmbedOptions {
  /** The gateway's base URL, without a slash at its end. */
  readonly gateway: string;
  readonly siteKey: string;
  readonly settings: Settings;
  /** Brings the panel's code. `attempt` counts from 0, since browsers remember a failed import under its address. */
  load(attempt: number): Promise<PanelModule>;
}

/** One entry for all that a page may ask of a chat: the command, and what belongs to it. */
export type RunCommand = (command: Command, argument?: unknown, listener?: unknown) => void;

type Listener = (event: never) => void;

/**
 * Puts a chat on the page: its shadow host, its launcher, and what brings the panel once it is wanted. Nothing is
 * stored or connected before the visitor or the page asks for it; a visitor with a stored conversation is
 * connected when the page is idle. `run("destroy")` takes all of it away again.
 *
 * @param ended called at the end of `destroy`
 */
export function embed({ gateway, siteKey, settings, load }: EmbedOptions, ended: () => void): RunCommand {
  const host = document.createElement("aside");
  const root = host.attachShadow({ mode: "open" });
  const launcher = createLauncher();
  const listeners: [name: unknown, listener: Listener][] = [];
  const life = new AbortController();
  const { signal } = life;
  let chosen = settings;
  let mayStore = false;
  let panel: MountedPanel | undefined;
  let loading = false;
  let attempts = 0;
  let waiting: [Command | "wake", unknown][] = [];

  const stage: Stage = {
    gateway,
    siteKey,
    root,
    launcher,
    settings: () => chosen,
    mayStore: () => mayStore,
    tell: (name, event) => {
      for (const [heard, listener] of listeners) if (heard === name) call(listener, event);
    },
  };

  function call(listener: Listener, event?: unknown): void {
    // A page's own failure is the page's to see, and must not stop the chat.
    queueMicrotask(() => listener(event as never));
  }

  function stored(): boolean {
    try {
      return localStorage.getItem(visitorStorageKey(gateway, siteKey)) !== null;
    } catch {
      // Where storage is forbidden, nothing is stored.
      return false;
    }
  }

  function bring(): void {
    if (panel || loading || signal.aborted) return;
    loading = true;
    load(attempts++)
      .then(({ mount }) => {
        if (signal.aborted) return;
        panel = mount(stage);
        const due = waiting;
        waiting = [];
        for (const [command, argument] of due) panel.run(command, argument);
      })
      .catch((error: unknown) => {
        // What the visitor wanted now will not be what they want whenever the next try succeeds.
        waiting = waiting.filter(([command]) => command === "identify" || command === "send");
        stage.tell("error", { code: "INTERNAL", message: `${error}` });
      })
      .finally(() => {
        loading = false;
        launcher.ariaBusy = null;
      });
  }

  function settle(): void {
    if (host.isConnected || !document.body) return;
    document.body.append(host);
    observer.disconnect();
    // Pages that swap their body, or empty it, take the host with it: it comes back.
    for (const parent of [document.documentElement, document.body])
      observer.observe(parent, { childList: true });
  }

  function run(command: Command | "wake", argument?: unknown, listener?: unknown): void {
    if (signal.aborted) return;
    if (command === "on") {
      listeners.push([argument, listener as Listener]);
      if (argument === "ready") call(listener as Listener);
    } else if (command === "off") {
      const found = listeners.findIndex(([name, known]) => name === argument && known === listener);
      if (found >= 0) listeners.splice(found, 1);
    } else if (command === "consent") {
      mayStore = true;
    } else if (command === "destroy") {
      life.abort();
      observer.disconnect();
      panel?.destroy();
      host.remove();
      ended();
    } else {
      if (command === "set") {
        chosen = { ...chosen, ...(argument as Settings) };
        dressLauncher(launcher, chosen);
      }
      const wanted = command === "open" || command === "toggle" || command === "send";
      if (panel) panel.run(command, argument);
      else {
        // Clicked twice while it loads, it is still to open.
        waiting.push([command === "toggle" ? "open" : command, argument]);
        if (wanted) launcher.ariaBusy = "true";
      }
      mayStore ||= wanted;
      if (wanted || (command === "logout" && stored())) bring();
    }
  }

  const observer = new MutationObserver(settle);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LAUNCHER_STYLES);
  root.adoptedStyleSheets = [sheet];
  host.ariaLabel = "Chat";
  root.append(launcher);
  dressLauncher(launcher, settings);
  launcher.addEventListener("click", () => run("toggle"), { signal });
  for (const hint of ["pointerenter", "focus"]) launcher.addEventListener(hint, bring, { signal });

  function begin(): void {
    settle();
    if (!stored()) return;
    const wake = (): void => {
      run("wake");
      bring();
    };
    // Safari has none.
    (window.requestIdleCallback ?? setTimeout)(wake);
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin, { once: true, signal });
  return run;
}
