/** Look and words; what the page sets wins over what the site's owner set at the gateway. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** What the page hears, and what comes with it. */
export interface PageEvents {
  /** Commands take effect now. Told at once to those who listen later. */
  ready: undefined;
  open: undefined;
  close: undefined;
  /** The visitor sent a message. */
  message: { readonly id: string; readonly content: string };
  /** An answer ended. `reason` is `complete`, or how it ended otherwise. */
  reply: { readonly id: string; readonly content: string; readonly reason: string };
  unread: { readonly count: number };
  error: { readonly code: string; readonly message: string };
}

/** What `window.Parlance` and `createChat` understand. */
export type Command =
  | "open"
  | "close"
  | "toggle"
  | "send"
  | "identify"
  | "logout"
  | "set"
  | "consent"
  | "on"
  | "off"
  | "destroy";

/** What the page gives the panel to stand on. Made by `embed.ts`, which ends it. */
export interface Stage {
  /** The gateway's base URL, without a slash at its end. */
  readonly gateway: string;
  readonly siteKey: string;
  /** The shadow root; the panel adds its own style sheets and one element. */
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  /** What the page set so far. */
  settings(): Settings;
  /** Whether anything may be written to the visitor's storage. */
  mayStore(): boolean;
  tell<Name extends keyof PageEvents>(name: Name, event: PageEvents[Name]): void;
}

/** The panel, mounted. */
export interface MountedPanel {
  /** Takes every command but `on`, `off`, `consent` and `destroy`, which `embed.ts` serves; `wake` connects. */
  run(command: Command | "wake", argument?: unknown): void;
  destroy(): void;
}

/** What the panel's chunk exports. */
export interface PanelModule {
  mount(stage: Stage): MountedPanel;
}
