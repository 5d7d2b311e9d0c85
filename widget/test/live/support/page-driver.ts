/** What a page of the tests can say of its chat, and do with it, from inside. */
export interface PageDriver {
  /** Whether the group's socket is this page's. */
  leads(): boolean;
  /** Whether the page is looked at, as the browser tells it. */
  isSeen(): boolean;
  /** What the page's policy forbade so far. */
  readonly breaches: readonly string[];
  isMounted(): boolean;
  /** The panel's text; empty while it is closed. */
  panelText(): string;
  count(who: "You" | "Assistant"): number;
  /** Characters of the last answer on the screen. */
  grown(): number;
  /** Whether the last answer has ended, well or otherwise. */
  isEnded(): boolean;
  /** The last answer's text as the model wrote it, by the button that copies it. */
  copied(): string;
  /** Clicks that button, if it is there. */
  click(name: string): boolean;
  /** The text box's text; empty where there is none. */
  draft(): string;
  /** Puts a text in the text box, if it is there. */
  write(text: string): boolean;
  /** What is in the page's storage, and which locks of the browser its origin has or waits for. */
  kept(): Promise<{ keys: string[]; values: string; locks: string[] }>;
  /** Has the page hear of what happens in its chat from now on. */
  listen(): void;
  /** What it heard. */
  heard(): readonly HeardEvent[];
  /** How often the page came back as it was. */
  comeBacks(): number;
  /** Keeps the page from doing anything for so many milliseconds, beginning in a moment. */
  block(milliseconds: number): void;
}

/** An event of the chat's, as its page hears it. */
export interface HeardEvent {
  readonly name: string;
  readonly count?: number;
}

/** A window with its driver. */
export type DrivenWindow = Window & {
  driver: PageDriver;
  Parlance(...call: unknown[]): void;
};

/** Puts the driver into a page before anything else runs there. It is sent as text: nothing outside it is known in it. */
export function installDriver(): void {
  const page = window as unknown as DrivenWindow & { WebSocket: typeof WebSocket };
  const open = new Set<WebSocket>();
  const breaches: string[] = [];
  let copied = "";
  let comeBacks = 0;
  const heard: HeardEvent[] = [];

  page.WebSocket = class extends page.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("open", () => open.add(this));
      this.addEventListener("close", () => open.delete(this));
    }

    override close(): void {
      open.delete(this);
      super.close();
    }
  };
  Object.defineProperty(navigator, "clipboard", {
    value: {
      writeText(text: string): Promise<void> {
        copied = text;
        return Promise.resolve();
      },
    },
  });
  document.addEventListener("securitypolicyviolation", ({ blockedURI, violatedDirective }) => {
    breaches.push(`${violatedDirective} ${blockedURI}`);
  });

  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) comeBacks++;
  });

  const chat = (): ShadowRoot | null => document.querySelector("[aria-label=Chat]")?.shadowRoot ?? null;
  const all = (who: string): Element[] => [
    ...(chat()?.querySelectorAll(`article[aria-label="${who}"], [role=article][aria-label="${who}"]`) ?? []),
  ];
  const button = (within: ParentNode | null | undefined, name: string): HTMLButtonElement | undefined =>
    [...(within?.querySelectorAll("button") ?? [])].find(
      (each) => (each.getAttribute("aria-label") ?? each.textContent) === name,
    );
  const lastAnswer = (): Element | undefined => all("Assistant").at(-1);

  page.driver = {
    leads: () => open.size > 0,
    isSeen: () => document.visibilityState === "visible",
    breaches,
    isMounted: () => chat() !== null && page.Parlance !== undefined,
    panelText: () => chat()?.querySelector("[role=dialog]")?.textContent ?? "",
    count: (who) => all(who).length,
    grown: () => lastAnswer()?.querySelector(".bubble")?.textContent?.length ?? 0,
    isEnded: () =>
      button(lastAnswer(), "Copy answer") !== undefined || button(lastAnswer(), "Copied") !== undefined,
    copied() {
      (button(lastAnswer(), "Copy answer") ?? button(lastAnswer(), "Copied"))?.click();
      return copied;
    },
    click(name) {
      const found = button(chat(), name);
      found?.click();
      return found !== undefined;
    },
    draft: () => chat()?.querySelector("textarea")?.value ?? "",
    write(text) {
      const box = chat()?.querySelector("textarea");
      if (!box) return false;
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      return true;
    },
    async kept() {
      const { held = [], pending = [] } = await navigator.locks.query();
      return {
        keys: Object.keys(localStorage),
        values: JSON.stringify({ ...localStorage, ...sessionStorage }),
        locks: [...held, ...pending].map(({ name = "" }) => name),
      };
    },
    listen() {
      for (const name of ["message", "reply", "unread", "error"])
        page.Parlance("on", name, (event: object) => heard.push({ ...event, name }));
    },
    heard: () => heard,
    comeBacks: () => comeBacks,
    block(milliseconds) {
      setTimeout(() => {
        const end = Date.now() + milliseconds;
        while (Date.now() < end);
      });
    },
  };
}
