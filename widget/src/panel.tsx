import { computed, effect, type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { createClient } from "./client/index.ts";
import { createLauncherState } from "./components/launcher-state.ts";
import { Panel } from "./components/Panel.tsx";
import { type ChatView, type MarkdownModule, ViewProvider } from "./components/view.ts";
import { currentPage } from "./current-page.ts";
import { wordsFor } from "./i18n/words.ts";
import { watchForPage } from "./page-events.ts";
import { readSiteSettings } from "./site-settings.ts";
import type { MountedPanel, Settings, Stage } from "./stage.ts";
import { type ChatStore, type ChatStoreOptions, createChatStore } from "./state/index.ts";
import { dress } from "./theme/dress.ts";
import { PANEL_STYLES } from "./theme/panel-styles.ts";

/** What the panel is built on; given in tests. */
export interface PanelParts {
  readonly createClient: typeof createClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly timers?: NonNullable<ChatStoreOptions["timers"]>;
}

/** Puts the panel on its stage, closed. Nothing is connected before `open`, `send` or `wake`. */
export function mount(stage: Stage, parts: PanelParts = { createClient, now: Date.now }): MountedPanel {
  const { gateway, siteKey, launcher, tell } = stage;
  const life = new AbortController();
  const client = parts.createClient({
    gateway,
    siteKey,
    mayStore: stage.mayStore,
    shareConnection: true,
  });
  const opened = signal(false);
  const store = createChatStore({
    client,
    now: parts.now,
    ...(parts.timers ? { timers: parts.timers } : {}),
    isOpen: () => opened.peek(),
    page: currentPage,
  });

  const site = signal<Settings>({});
  const dressed = signal(false);
  const own = signal(stage.settings());
  const ofSession = computed(() => store.snapshot.value.settings);
  const settings = computed<Settings>(() => ({ ...site.value, ...ofSession.value, ...own.value }));
  const words = computed(() => wordsFor(settings.value));
  const markdown = signal<MarkdownModule | null>(null);
  const unread = computed(() => store.snapshot.value.unread);
  readSiteSettings(gateway, siteKey, life.signal).then(
    (read) => {
      site.value = read;
      dressed.value = true;
    },
    (error: unknown) => tell("error", { code: "INTERNAL", message: `${error}` }),
  );

  const frame = document.createElement("div");
  frame.className = "parlance";
  const face = createLauncherState(launcher);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(PANEL_STYLES);
  stage.root.adoptedStyleSheets = [...stage.root.adoptedStyleSheets, sheet];
  stage.root.prepend(frame);

  const view: ChatView = {
    store,
    settings,
    words,
    language: languageOf(settings.peek().language),
    gateway,
    dressed,
    opened,
    markdown,
    page: signal("chat"),
    editing: signal(null),
    close,
  };
  const endings = [
    dress({ frame, launcher, settings }),
    watchForPage(store, tell),
    loadWithFirstMessage(store, markdown),
    effect(() => {
      frame.dataset.open = `${opened.value}`;
      const label = opened.value ? words.value.hideChat : words.value.openChat;
      face.show({ open: opened.value, label, unread: unread.value });
    }),
  ];

  function connect(): void {
    const { status } = client.connection;
    if (status === "idle" || status === "stopped") store.actions.connect();
  }

  function open(): void {
    connect();
    if (opened.peek()) return;
    opened.value = true;
    store.actions.markRead();
    render(
      <ViewProvider value={view}>
        <Panel />
      </ViewProvider>,
      frame,
    );
    tell("open", undefined);
  }

  function close(): void {
    if (!opened.peek()) return;
    opened.value = false;
    launcher.focus({ preventScroll: true });
    tell("close", undefined);
  }

  function logout(): void {
    client.logout();
    if (opened.peek()) connect();
  }

  const commands: Partial<Record<Parameters<MountedPanel["run"]>[0], (argument?: unknown) => void>> = {
    open,
    close,
    toggle: () => (opened.peek() ? close() : open()),
    wake: connect,
    logout,
    send: (text) => {
      open();
      if (typeof text === "string" && text.trim() !== "") store.actions.send(text);
    },
    identify: (token) => {
      client.identify(String(token)).catch((error: unknown) => {
        tell("error", { code: "UNAUTHORIZED", message: `${error}` });
      });
    },
    set: () => {
      own.value = stage.settings();
    },
  };

  return {
    run: (command, argument) => commands[command]?.(argument),
    destroy() {
      life.abort();
      for (const end of endings) end();
      render(null, frame);
      store.dispose();
      client.destroy();
      face.remove();
      frame.remove();
    },
  };
}

/** Markdown comes with the first message, so that an empty panel does not wait for it. Returns what ends the wait. */
function loadWithFirstMessage(store: ChatStore, markdown: Signal<MarkdownModule | null>): () => void {
  let asked = false;
  return effect(() => {
    if (asked || store.messages.value.length === 0) return;
    asked = true;
    import("./render/markdown.tsx").then(
      (module) => {
        markdown.value = module;
      },
      // Without it, answers stand there as plain text.
      () => undefined,
    );
  });
}

function languageOf(setting: unknown): string | undefined {
  const tag = String(setting ?? "en");
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    // A tag that is none: dates are written as the browser would.
    return undefined;
  }
}
