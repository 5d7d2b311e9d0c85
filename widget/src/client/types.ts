import type { ErrorCode, Message, ServerFrame } from "@parlance/protocol";

/** Where the connection stands: one value, never flags beside it. */
export type Connection =
  /** Nothing was asked of it yet, or `close` was called. */
  | { readonly status: "idle" }
  /** A session or a socket is on its way. `attempt` counts from 1 since the last stable connection. */
  | { readonly status: "connecting"; readonly attempt: number }
  /** `ready` was received on an open socket. */
  | { readonly status: "live" }
  /** Lost; the next try is at `retryAt` (milliseconds since 1970), or at once when the network comes back. */
  | { readonly status: "waiting"; readonly attempt: number; readonly retryAt: number }
  /** The gateway said not to come back; only `connect` starts again. */
  | { readonly status: "stopped"; readonly code: ErrorCode; readonly message: string };

/** Where a message that the user wrote stands until the gateway has acknowledged it. */
export type Delivery = "queued" | "sending" | "sent" | "failed";

/** A message in the outbox. */
export interface OutboxEntry {
  readonly id: string;
  readonly content: string;
  readonly conversation: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly delivery: Exclude<Delivery, "sent">;
  /** Why it failed; only with `failed`. */
  readonly error?: ClientError;
}

/** Trouble in words and a code. */
export interface ClientError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
}

/** The user whom the session is for. */
export interface SessionUser {
  readonly id: string;
  readonly name?: string;
  readonly anonymous: boolean;
}

/** What the gateway says of the site: look and words, as the tenant set them. */
export type SiteSettings = Readonly<Record<string, string | number | boolean>>;

/** What a client tells its listeners. */
export interface ClientEvents {
  connection: Connection;
  /** Every frame, in order, `ready` included; frames of lower epochs and duplicates are already dropped. */
  frame: ServerFrame;
  /** The whole outbox after a change, oldest first. */
  outbox: readonly OutboxEntry[];
  /** A session was minted or renewed. */
  session: { readonly user: SessionUser; readonly settings: SiteSettings };
  /** `logout` was called: what is shown of the user is to go. */
  logout: undefined;
}

/** A listener's removal. */
export type Unsubscribe = () => void;

/** A headless connection to the gateway, for browsers and Node. No DOM. */
export interface ChatClient {
  readonly connection: Connection;
  readonly outbox: readonly OutboxEntry[];
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Unsubscribe;
  /** Starts or starts again; resolves at the first `ready`, rejects where the gateway said not to come back. */
  connect(): Promise<void>;
  /** Closes the socket and stays closed; what waits in the outbox stays there. */
  close(): void;
  /** Closes and lets go of every timer and listener. */
  destroy(): void;
  /** Puts a message in the outbox and sends it as soon as the socket is live. Returns its id. */
  send(content: string, options?: { conversation?: string; page?: { url: string; title?: string } }): string;
  /** Tries a failed message again under the same id. */
  retry(id: string): void;
  /** Forgets a message that was not acknowledged. */
  discard(id: string): void;
  /** Stops a reply, the reply to a message, a conversation's, or all. Sent at once, or never: nothing is queued. */
  cancel(target: { reply?: string; message?: string; conversation?: string }): void;
  /** Answers a user's message anew. Returns the request's id. */
  regenerate(message: string): string;
  /** Replaces a user's message. Returns the request's id. */
  edit(message: string, content: string): string;
  open(conversation: string): Promise<Extract<ServerFrame, { type: "conversation" }>>;
  history(conversation: string, before: string): Promise<{ messages: readonly Message[]; more: boolean }>;
  conversations(before?: string): Promise<Extract<ServerFrame, { type: "conversations" }>>;
  clear(conversation: string): Promise<void>;
  feedback(message: string, rating: "up" | "down" | null, comment?: string): Promise<void>;
  handoff(conversation: string, reason?: string): Promise<void>;
  /** Tells the user's other tabs; throttled here. */
  typing(active: boolean, conversation?: string): void;
  /** Becomes the user of this JWT, signed by the customer; the socket is opened anew. */
  identify(userToken: string): Promise<void>;
  /** Forgets user, tokens and outbox on this machine. */
  logout(): void;
}

/** A timer's handle as the environment makes it. */
export type Timer = unknown;

/** What the tabs of one browser have in common. */
export interface TabsEnvironment {
  readonly locks: Pick<LockManager, "request">;
  /** Joins those who opened a channel of that name, who hear what the others post. May throw. */
  openChannel(name: string, onMessage: (message: unknown) => void): TabChannel;
  /** Whether somebody looks at this tab. */
  isVisible(): boolean;
  /** Calls back when that changed; returns the removal. */
  onVisibility(callback: () => void): Unsubscribe;
  /** Brings the code for several tabs, which one alone has no need of. */
  load(): Promise<typeof import("./sharing/member.ts")>;
}

/** A way to the other tabs. */
export interface TabChannel {
  post(message: unknown): void;
  close(): void;
}

/** The browser, injected, so that tests need no patching and Node needs no browser. */
export interface ClientEnvironment {
  WebSocket: new (url: string, protocols: string[]) => WebSocket;
  fetch: typeof fetch;
  /** Null keeps nothing between loads. Every call may throw (full, forbidden): the client goes on without. */
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
  now(): number;
  random(): number;
  setTimeout(callback: () => void, milliseconds: number): Timer;
  clearTimeout(timer: Timer): void;
  /** Calls back when the network came or went, or the page became visible or came back; returns the removal. */
  onWake(callback: () => void): Unsubscribe;
  /** Calls back when the visitor leaves the page, which may come back as it was, or it is frozen; returns the removal. */
  onLeave(callback: () => void): Unsubscribe;
  /** Null where tabs cannot reach each other, as on pages without HTTPS, and in Node. */
  tabs: TabsEnvironment | null;
}

/** What a client is made with. */
export interface ChatClientOptions {
  /** The gateway's base URL, as `https://chat.example.com`. */
  readonly gateway: string;
  /** The site's public key; the client mints and renews sessions with it. */
  readonly siteKey?: string;
  /** Instead of a site key: hands out a JWT, asked again before the old one ends. */
  readonly token?: () => Promise<{ token: string; expiresAt: string }>;
  /** A customer's JWT, with a site key: the session is that user's. */
  readonly userToken?: string;
  /** Whether anything may be written to storage now; consent may come later. True where absent. */
  readonly mayStore?: () => boolean;
  /**
   * Whether tabs of one user share one socket, where the browser allows it and there is a site key. False where
   * absent.
   */
  readonly shareConnection?: boolean;
  readonly environment?: Partial<ClientEnvironment>;
}
