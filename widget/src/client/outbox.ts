import type { ClientFrame, ErrorCode, ServerFrameOf } from "@parlance/protocol";
import { PROTOCOL_LIMITS } from "@parlance/protocol/constants";
import { clientError } from "./failure.ts";
import type { Keeping } from "./keeping.ts";
import type { Scope } from "./scope.ts";
import type { ClientError, OutboxEntry, SessionUser, Unsubscribe } from "./types.ts";

/** What is asked of the model, and may be asked again under its id without harm. */
export type Asking = Extract<ClientFrame, { type: "message" | "edit" | "regenerate" }>;

type Owner = Pick<SessionUser, "id" | "anonymous">;

/** What the user asked and the gateway has not acknowledged: sent in order, one at a time. */
export interface Outbox {
  entries(): readonly OutboxEntry[];
  add(frame: Asking, at: number): void;
  /** A socket is live: what was on its way on the former one goes again. */
  resume(): void;
  /** The socket is gone. */
  pause(): void;
  /** The gateway has it. */
  acknowledge(id: string): void;
  /** The gateway refused it. */
  refuse(id: string, error: ServerFrameOf<"error">): void;
  /** The socket was closed because of what was sent last. */
  failSent(error: ClientError): void;
  retry(id: string): void;
  discard(id: string): void;
  /** Whose outbox it is from now on. An anonymous visitor's messages go along with the visitor. */
  belongTo(user: Owner): void;
  /** Forgets everything, in storage too. */
  forget(): void;
}

interface Item {
  readonly frame: Asking;
  readonly at: number;
  readonly delivery: OutboxEntry["delivery"];
  readonly error?: ClientError;
  /** Sent again by itself once; a second refusal is the user's to judge. */
  readonly repeated?: boolean;
}

const MAX_ITEMS = 50;
const MAX_CHARACTERS = 262_144;
/** The longest `retryAfter`, in seconds, that is waited for without asking the user. */
const PATIENCE_SECONDS = 5;
/** How long, in milliseconds, a live socket may owe an `ack` before it is taken for dead. */
const ACK_MS = 20_000;

const bytes = (text: string): number => encodeURIComponent(text).replace(/%../g, "_").length;

/** Makes the outbox of one client. `transmit` is false where no socket is live. */
export function createOutbox({
  scope,
  keeping,
  keyOf,
  transmit,
  onChange,
  onStalled,
  onFailed,
}: {
  scope: Scope;
  keeping: Keeping;
  keyOf: (user: Owner) => string;
  transmit: (frame: Asking) => boolean;
  onChange: (entries: readonly OutboxEntry[]) => void;
  onStalled: () => void;
  /** An edit or a regeneration failed without the gateway saying so. */
  onFailed: (id: string, error: ClientError) => void;
}): Outbox {
  let items: readonly Item[] = [];
  let entries: readonly OutboxEntry[] = [];
  let owner = null as Owner | null;
  let cancelTimer: Unsubscribe = () => undefined;
  /** Ids that left this outbox: another tab's copy of the list must not bring them back. */
  const gone = new Set<string>();

  function change(next: readonly Item[]): void {
    for (const { frame } of items) if (!next.some((item) => item.frame.id === frame.id)) gone.add(frame.id);
    items = next;
    entries = items.flatMap(toEntry);
    keep();
    onChange(entries);
  }

  function keep(): void {
    if (owner === null) return;
    const key = keyOf(owner);
    const mine = items.filter(({ frame }) => frame.type === "message");
    // Tabs share the list: what this one does not know was written by another, and stays.
    const others = stored(key).filter(
      ({ frame: { id } }) => !gone.has(id) && !mine.some((item) => item.frame.id === id),
    );
    put(key, inOrder([...others, ...mine]));
  }

  function put(key: string, list: readonly Item[]): void {
    if (list.length === 0) keeping.remove(key);
    else keeping.write(key, list);
  }

  function stored(key: string): Item[] {
    const value = keeping.read(key);
    return Array.isArray(value) ? (value as Item[]) : [];
  }

  function update(id: string, changed: Partial<Item>): void {
    change(items.map((item) => (item.frame.id === id ? { ...item, ...changed } : item)));
  }

  const sending = (): Item | undefined => items.find(({ delivery }) => delivery === "sending");

  function pump(): void {
    const next = items.find(({ delivery }) => delivery === "queued");
    if (next === undefined || sending() !== undefined) return;
    const { id } = next.frame;
    if (!transmit(next.frame)) return;
    cancelTimer = scope.after(ACK_MS, onStalled);
    update(id, { delivery: "sending" });
  }

  function fail(id: string, error: ClientError): void {
    const item = items.find(({ frame }) => frame.id === id);
    // An edit that failed is told by its error frame alone; the message it was of still stands.
    if (item !== undefined && item.frame.type !== "message") drop(id);
    else update(id, { delivery: "failed", error });
  }

  function drop(id: string): void {
    change(items.filter(({ frame }) => frame.id !== id));
  }

  function requeue(id: string): void {
    const again = ({ frame, at }: Item): Item => ({ frame, at, delivery: "queued" });
    change(items.map((item) => (item.frame.id === id ? again(item) : item)));
  }

  function pause(): void {
    cancelTimer();
    const item = sending();
    if (item !== undefined) requeue(item.frame.id);
  }

  function tooMuch(frame: Asking): ClientError | null {
    const text = JSON.stringify(frame);
    if (bytes(text) > PROTOCOL_LIMITS.clientFrameBytes)
      return refusal("MESSAGE_TOO_LARGE", "the message is too long");
    const all = JSON.stringify(items).length + text.length;
    return items.length >= MAX_ITEMS || all > MAX_CHARACTERS
      ? refusal("CONCURRENCY_LIMITED", "too many messages wait to be sent")
      : null;
  }

  return {
    entries: () => entries,
    add(frame, at) {
      const error = frame.type === "message" ? tooMuch(frame) : null;
      change([
        ...items,
        { frame, at, ...(error === null ? { delivery: "queued" } : { delivery: "failed", error }) },
      ]);
      pump();
    },
    resume() {
      pause();
      pump();
    },
    pause,
    acknowledge(id) {
      if (sending()?.frame.id === id) cancelTimer();
      if (items.some(({ frame }) => frame.id === id)) drop(id);
      pump();
    },
    refuse(id, frame) {
      const item = sending();
      if (item?.frame.id !== id) return;
      cancelTimer();
      const { retryAfter } = frame;
      if (retryAfter === undefined || retryAfter > PATIENCE_SECONDS || item.repeated === true) {
        fail(id, clientError(frame));
        pump();
        return;
      }
      // It stays in its place as sending, so that those behind it keep their order.
      cancelTimer = scope.after(retryAfter * 1_000, () => {
        update(id, { delivery: "queued", repeated: true });
        pump();
      });
    },
    failSent(error) {
      const item = sending();
      if (item === undefined) return;
      fail(item.frame.id, error);
      if (item.frame.type !== "message") onFailed(item.frame.id, error);
    },
    retry(id) {
      if (items.some(({ frame, delivery }) => frame.id === id && delivery === "failed")) requeue(id);
      pump();
    },
    discard(id) {
      if (sending()?.frame.id === id) cancelTimer();
      drop(id);
      pump();
    },
    belongTo(user) {
      if (owner?.id === user.id) return;
      const former = owner;
      owner = user;
      if (former !== null && !former.anonymous) items = [];
      else if (former !== null) moveOut(keyOf(former));
      const known = new Set(items.map(({ frame }) => frame.id));
      const found = stored(keyOf(user)).filter(({ frame }) => !known.has(frame.id) && !gone.has(frame.id));
      const waiting = found.map(({ delivery, ...item }): Item => {
        return { ...item, delivery: delivery === "sending" ? "queued" : delivery };
      });
      change(inOrder([...waiting, ...items]));
    },
    forget() {
      if (owner !== null) keeping.remove(keyOf(owner));
      owner = null;
      cancelTimer();
      change([]);
    },
  };

  function moveOut(key: string): void {
    const isMine = (id: string): boolean => items.some(({ frame }) => frame.id === id);
    put(
      key,
      stored(key).filter(({ frame }) => !isMine(frame.id)),
    );
  }
}

/** As they were written, in whichever tab. */
const inOrder = (items: readonly Item[]): readonly Item[] =>
  items.toSorted((one, other) => one.at - other.at);

const refusal = (code: ErrorCode, message: string): ClientError => ({ code, message });

function toEntry({ frame, at, delivery, error }: Item): OutboxEntry[] {
  if (frame.type !== "message") return [];
  const { id, content, conversation = null } = frame;
  return [{ id, content, conversation, at, delivery, ...(error === undefined ? {} : { error }) }];
}
