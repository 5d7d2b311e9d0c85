import { embed } from "./embed.ts";
import type { PageEvents, Settings } from "./stage.ts";

/** What a chat is made with. */
export interface ChatOptions {
  /** The gateway's base URL, as `https://chat.example.com`. */
  readonly gateway: string;
  /** The site's public key, `pk_…`. */
  readonly siteKey: string;
  /** Look and words; they win over what is set at the gateway. */
  readonly settings?: Settings;
}

/** A chat on the page. */
export interface Chat {
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the chat and asks. */
  send(text: string): void;
  /** Makes the visitor the user of this JWT, signed by the site's back end. */
  identify(token: string): void;
  /** Forgets user, tokens and unsent messages on this machine. */
  logout(): void;
  set(settings: Settings): void;
  /** Allows storing before the visitor opens or sends. */
  consent(): void;
  on<Name extends keyof PageEvents>(name: Name, listener: (event: PageEvents[Name]) => void): void;
  off<Name extends keyof PageEvents>(name: Name, listener: (event: PageEvents[Name]) => void): void;
  /** Takes everything off the page; the chat is of no use afterwards. */
  destroy(): void;
}

/** Puts a chat on the page, for those who bundle. The panel's code is loaded when it is wanted. */
export function createChat({ gateway, siteKey, settings = {} }: ChatOptions): Chat {
  const run = embed(
    { gateway: gateway.replace(/\/+$/, ""), siteKey, settings, load: () => import("./panel.tsx") },
    () => undefined,
  );
  return {
    open: () => run("open"),
    close: () => run("close"),
    toggle: () => run("toggle"),
    send: (text) => run("send", text),
    identify: (token) => run("identify", token),
    logout: () => run("logout"),
    set: (changed) => run("set", changed),
    consent: () => run("consent"),
    on: (name, listener) => run("on", name, listener),
    off: (name, listener) => run("off", name, listener),
    destroy: () => run("destroy"),
  };
}
