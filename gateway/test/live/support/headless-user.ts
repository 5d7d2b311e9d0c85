import type { EndReason, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import WebSocket from "ws";
import { type ChatClient, createClient } from "../../../../widget/src/client/index.ts";
import type { ClientEnvironment, Connection } from "../../../../widget/src/client/types.ts";
import { inTime } from "../../ports/support/patience.ts";
import { PAGE_ORIGIN } from "./test-gateway.ts";

/** What a user holds of one answer. */
export interface HeldAnswer {
  text: string;
  /** How it ended, as often as that was told: by `done`, or by its place in a list. */
  readonly ends: EndReason[];
}

/** A user of the real headless client, with all that it was told. */
export class HeadlessUser {
  readonly client: ChatClient;
  /** Every frame but text, in order. */
  readonly frames: ServerFrame[] = [];
  /** Every state of the connection, with its moment. */
  readonly states: { readonly state: Connection; readonly at: number }[] = [];
  /** Milliseconds in which it means to leave, as it decided when it was last asked to. */
  leavesIn: number | null = null;
  #latestTimer = 0;
  readonly #answers = new Map<string, HeldAnswer>();
  readonly #waiters = new Set<() => void>();

  /** @param options.entry a site key, or where its tokens come from, each signed by the customer */
  constructor(options: {
    gateway: string;
    entry: { readonly siteKey: string } | { readonly token: () => string };
    random?: () => number;
    /** Tells moments; the monotonic clock where absent. */
    clock?: { now(): number };
  }) {
    const { gateway, entry, random, clock = performance } = options;
    this.client = createClient({
      gateway,
      ...("siteKey" in entry ? entry : { token: async () => ({ token: entry.token(), expiresAt: "" }) }),
      environment: {
        WebSocket: PageSocket as unknown as ClientEnvironment["WebSocket"],
        fetch: fetchFromPage,
        storage: null,
        setTimeout: (callback, milliseconds) => {
          this.#latestTimer = milliseconds;
          return setTimeout(callback, milliseconds);
        },
        ...(random === undefined ? {} : { random }),
      },
    });
    this.client.on("connection", (state) => this.#note(() => this.states.push({ state, at: clock.now() })));
    this.client.on("outbox", () => this.#note(() => undefined));
    this.client.on("frame", (frame) => this.#note(() => this.#take(frame)));
  }

  /** Asks, and resolves once the question is acknowledged. */
  ask(content: string, options: { conversation?: string } = {}): Promise<ServerFrameOf<"ack">> {
    const id = this.client.send(content, options);
    return this.frame("ack", (ack) => ack.id === id);
  }

  /** Milliseconds since the first `ready` in which there was no live socket, in one piece, at most. */
  get longestGap(): number {
    let longest = 0;
    let lostAt: number | null = null;
    for (const { state, at } of this.states.slice(
      this.states.findIndex(({ state }) => state.status === "live"),
    )) {
      if (state.status !== "live") lostAt ??= at;
      else if (lostAt !== null) {
        longest = Math.max(longest, at - lostAt);
        lostAt = null;
      }
    }
    return longest;
  }

  /** What is held of a reply. */
  answer(reply: string): HeldAnswer {
    const known = this.#answers.get(reply) ?? { text: "", ends: [] };
    this.#answers.set(reply, known);
    return known;
  }

  /** Every frame of a type so far. */
  all<Type extends ServerFrame["type"]>(type: Type): ServerFrameOf<Type>[] {
    return this.frames.filter((frame): frame is ServerFrameOf<Type> => frame.type === type);
  }

  /** The first frame of a type that matches, already received or yet to come. */
  async frame<Type extends ServerFrame["type"]>(
    type: Type,
    matches: (frame: ServerFrameOf<Type>) => boolean = () => true,
  ): Promise<ServerFrameOf<Type>> {
    const find = (): ServerFrameOf<Type> | undefined => this.all(type).find(matches);
    await this.until(() => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  /** Resolves once something holds; rejects where it does not come to that. */
  until(holds: () => boolean): Promise<void> {
    const coming = new Promise<void>((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
    return inTime(coming, () => {
      const last = this.frames.slice(-3).map((frame) => JSON.stringify(frame).slice(0, 300));
      return `${holds}; the connection is ${this.states.at(-1)?.state.status}, and last came ${last.join(", ")}`;
    });
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "token") this.answer(frame.reply).text += frame.content;
    else this.frames.push(frame);
    if (frame.type === "goaway") this.leavesIn = this.#latestTimer;
    if (frame.type === "ack") this.answer(frame.reply);
    if (frame.type === "snapshot" || frame.type === "response") this.answer(frame.reply).text = frame.content;
    if (frame.type === "done") this.answer(frame.reply).ends.push(frame.reason);
    if (frame.type === "ready") this.#takeList(frame);
  }

  /** What ended while there was no socket stands in the list, whole; what it lists as open is read anew. */
  #takeList({ messages, replies }: ServerFrameOf<"ready">): void {
    for (const { reply } of replies) {
      // The instance of the new socket listed it before it heard of the end that the old socket told.
      if (this.answer(reply).ends.length > 0) this.#answers.set(reply, { text: "", ends: [] });
    }
    for (const { id, content, status } of messages) {
      const answer = this.#answers.get(id);
      if (answer === undefined || answer.ends.length > 0 || replies.some(({ reply }) => reply === id))
        continue;
      answer.text = content;
      answer.ends.push((status ?? "stop") as EndReason);
    }
  }

  #note(what: () => void): void {
    what();
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** A socket as a browser opens it from a page of the tenant's. */
class PageSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { origin: PAGE_ORIGIN });
    // In a browser nobody has to listen: the close that follows is what counts.
    this.on("error", () => undefined);
  }
}

const fetchFromPage: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...init?.headers, origin: PAGE_ORIGIN } });
