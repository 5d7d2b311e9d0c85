import type { ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { clientError } from "../client/failure.ts";
import type { ChatClient } from "../client/types.ts";
import { createActions } from "./actions.ts";
import { applyFrame } from "./apply-frame.ts";
import { applyEdit, applyOutbox } from "./apply-outbox.ts";
import { EMPTY_SNAPSHOT } from "./empty-snapshot.ts";
import { isOpen as isGrowing, isUnsent } from "./messages.ts";
import { createTokenBuffer, type Timers } from "./token-buffer.ts";
import type { ChatActions, ChatMessage, ChatSnapshot } from "./types.ts";

/** What a store is made with. */
export interface ChatStoreOptions {
  readonly client: ChatClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly timers?: Timers;
  /** Whether the visitor sees the messages now; what comes meanwhile is not unread. False where absent. */
  readonly isOpen?: () => boolean;
  /** The page the visitor is on, told with each message. */
  readonly page?: () => { url: string; title?: string } | undefined;
}

/** The panel's state as signals, and all that may be done with it. */
export interface ChatStore {
  /** Everything, new at every change: at most 20 times a second while text streams. */
  readonly snapshot: ReadonlySignal<ChatSnapshot>;
  /** The list, new where anything but text and `seq` of a message changed; the text is read by `contentOf`. */
  readonly messages: ReadonlySignal<readonly ChatMessage[]>;
  /** The text of the message with that `key`, so that a token renders one text anew and nothing else. */
  contentOf(key: string): ReadonlySignal<string>;
  readonly actions: ChatActions;
  /** Lets go of timers and listeners; the client is its maker's to destroy. */
  dispose(): void;
}

/** Seconds after which somebody who said that they type, and then nothing, no longer does. */
const TYPING_SECONDS = 6;

/** Makes the store of one client. */
export function createChatStore({ client, now, isOpen, page, ...options }: ChatStoreOptions): ChatStore {
  const timers: Timers = options.timers ?? {
    setTimeout: (callback, milliseconds) => globalThis.setTimeout(callback, milliseconds),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
  };
  const snapshot = signal<ChatSnapshot>(
    applyOutbox({ ...EMPTY_SNAPSHOT, connection: client.connection }, client.outbox),
  );
  const contents = new Map<string, Signal<string>>();
  /** Edits on their way, by request: their text is shown once the gateway has it. */
  const edits = new Map<string, string>();
  /** Answers whose end was told. */
  const ended = new Set<string>();
  let typingTimer: unknown = null;

  function show(next: ChatSnapshot): void {
    if (next === snapshot.peek()) return;
    batch(() => {
      snapshot.value = next;
      const keys = new Set<string>();
      for (const { key, content } of next.messages) {
        keys.add(key);
        const text = contents.get(key);
        if (text !== undefined) text.value = content;
      }
      for (const key of contents.keys()) if (!keys.has(key)) contents.delete(key);
    });
  }

  const update = (change: Partial<ChatSnapshot>): void => show({ ...snapshot.peek(), ...change });

  const tokens = createTokenBuffer(timers, (frames) => {
    show(frames.reduce((shown, frame) => applyFrame(shown, frame, now()), snapshot.peek()));
  });

  function stopTypingTimer(): void {
    if (typingTimer !== null) timers.clearTimeout(typingTimer);
    typingTimer = null;
  }

  function watchTyping({ by, active }: ServerFrameOf<"typing">): void {
    if (by === "assistant") return;
    stopTypingTimer();
    if (!active) return;
    typingTimer = timers.setTimeout(() => {
      typingTimer = null;
      if (snapshot.peek().typing === by) update({ typing: null });
    }, TYPING_SECONDS * 1_000);
  }

  function receive(frame: ServerFrame): void {
    if (frame.type === "token") {
      tokens.add(frame);
      return;
    }
    tokens.flush();
    // A conversation that nobody here asked to see: only the one on the screen is read anew.
    const before = snapshot.peek();
    if (frame.type === "conversation" && !actions.isOpening() && frame.conversation !== before.conversation)
      return;
    let next = before;
    if (frame.type === "ack") next = shownEdit(next, frame);
    next = applyOutbox(applyFrame(next, frame, now()), client.outbox);
    if (isNews(frame)) next = { ...next, unread: next.unread + 1 };
    if (frame.type === "error" && frame.ref !== undefined && edits.delete(frame.ref)) {
      next = { ...next, notice: clientError(frame) };
    }
    show(next);
    if (frame.type === "typing") watchTyping(frame);
    if (frame.type === "ready") catchUp(before, frame);
    if (frame.type === "error" && frame.code === "NOT_FOUND") readLost(frame.reply);
  }

  function shownEdit(shown: ChatSnapshot, { id, message }: ServerFrameOf<"ack">): ChatSnapshot {
    const content = edits.get(id);
    edits.delete(id);
    return content === undefined || content === ""
      ? shown
      : applyEdit(shown, { request: id, message, content, at: now() });
  }

  function isNews(frame: ServerFrame): boolean {
    // After a reconnect an answer whose end was told may be read once more: it is no second one.
    const isTold = frame.type === "done" && ended.has(frame.reply);
    if (frame.type === "done") ended.add(frame.reply);
    if (isTold || isOpen?.() === true) return false;
    return frame.type === "done" ? frame.reason !== "cancelled" : isFromOthers(frame);
  }

  /** The conversation on the screen is not the one that `ready` told of: what it missed is read by `open`. */
  function catchUp(before: ChatSnapshot, ready: ServerFrameOf<"ready">): void {
    const { conversation, messages } = snapshot.peek();
    if (conversation === null || conversation === ready.conversation) return;
    // A new conversation without a message is nothing that the gateway would know.
    if (messages.every(isUnsent)) return;
    client.open(conversation).catch((failure: unknown) => {
      const isGone = actions.explain(failure).code === "NOT_FOUND";
      if (isGone)
        show(
          applyFrame(
            { ...snapshot.peek(), conversation: null, messages: before.messages.filter(isUnsent) },
            ready,
            now(),
          ),
        );
    });
  }

  /** A reply that can no longer be resumed: its conversation has what became of it. */
  function readLost(reply: string | undefined): void {
    const { conversation, messages } = snapshot.peek();
    const isShown = messages.some((message) => message.id === reply && isGrowing(message));
    if (isShown && conversation !== null) client.open(conversation).catch(actions.report);
  }

  const actions = createActions({ client, peek: () => snapshot.peek(), update, edits, page });

  const removals = [
    client.on("frame", receive),
    client.on("outbox", (entries) => show(applyOutbox(snapshot.peek(), entries))),
    client.on("connection", (connection) => {
      tokens.flush();
      update(connection.status === "live" ? { connection } : { connection, typing: null });
    }),
    client.on("session", ({ user, settings }) => {
      // Who it is comes with `ready`, together with what is theirs; before that only a first name will do.
      update(snapshot.peek().user === null ? { user, settings } : { settings });
    }),
    client.on("logout", () => {
      tokens.clear();
      edits.clear();
      const { settings } = snapshot.peek();
      show({ ...EMPTY_SNAPSHOT, settings, connection: client.connection });
    }),
  ];

  let listed: readonly ChatMessage[] = [];
  return {
    snapshot,
    messages: computed(() => {
      const next = snapshot.value.messages;
      if (!differsOnlyInText(listed, next)) listed = next;
      return listed;
    }),
    contentOf(key) {
      const known = contents.get(key);
      if (known !== undefined) return known;
      const message = snapshot.peek().messages.find((held) => held.key === key);
      const made = signal(message?.content ?? "");
      if (message !== undefined) contents.set(key, made);
      return made;
    },
    actions,
    dispose() {
      for (const remove of removals) remove();
      tokens.clear();
      stopTypingTimer();
    },
  };
}

const isFromOthers = (frame: ServerFrame): boolean =>
  frame.type === "message" && frame.message.role !== "user";

function differsOnlyInText(before: readonly ChatMessage[], after: readonly ChatMessage[]): boolean {
  const isSame = (one: ChatMessage, other: ChatMessage | undefined): boolean =>
    one === other ||
    (other !== undefined &&
      one.key === other.key &&
      one.id === other.id &&
      one.progress === other.progress &&
      one.delivery === other.delivery &&
      one.rating === other.rating &&
      one.error === other.error &&
      one.to === other.to &&
      one.request === other.request &&
      // The end of an empty text is seen in the list: what shows dots before shows words then.
      (one.content === "") === (other.content === ""));
  return before.length === after.length && before.every((message, index) => isSame(message, after[index]));
}
