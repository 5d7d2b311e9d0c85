import { PROTOCOL_LIMITS } from "@parlance/protocol";
import type { Scope } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import { scopeKey } from "../tenants/scope.ts";
import type { LiveReply } from "./live-reply.ts";

/** Milliseconds between looks for replies that are no longer resumable. */
const FORGET_EVERY = 10_000;

/** The replies that this instance runs or has lately run. Every look-up is by scope: another user's do not exist. */
export class LiveReplies {
  /** Ids of replies whose questions are being stored here. Nobody is told of them before they are acknowledged. */
  readonly accepting = new Set<string>();
  readonly #users = new Map<string, Map<string, LiveReply>>();
  readonly #byId = new Map<string, LiveReply>();
  readonly #ended: { readonly reply: LiveReply; readonly forgetAt: number }[] = [];
  readonly #clock: Clock;
  readonly #sweeper: NodeJS.Timeout;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweeper = setInterval(() => this.#forget(), FORGET_EVERY);
  }

  add(reply: LiveReply): void {
    const key = scopeKey(reply.scope);
    const replies = this.#users.get(key) ?? new Map<string, LiveReply>();
    replies.set(reply.id, reply);
    this.#users.set(key, replies);
    this.#byId.set(reply.id, reply);
  }

  /** A reply by its id alone: for other instances, which speak of replies that they know the user of. */
  find(reply: string): LiveReply | null {
    return this.#byId.get(reply) ?? null;
  }

  /** An ended reply stays resumable for five minutes. */
  ended(reply: LiveReply): void {
    this.#ended.push({
      reply,
      forgetAt: this.#clock.monotonic() + PROTOCOL_LIMITS.resumableSeconds * 1000,
    });
  }

  get(scope: Scope, reply: string): LiveReply | null {
    this.#forget();
    return this.#users.get(scopeKey(scope))?.get(reply) ?? null;
  }

  /** The user's replies that have not ended, oldest first; of one conversation where it is given. */
  open(scope: Scope, conversation?: string): LiveReply[] {
    const replies = this.#users.get(scopeKey(scope));
    if (replies === undefined) return [];
    return [...replies.values()].filter(
      (reply) =>
        reply.state !== "ended" && (conversation === undefined || reply.conversation === conversation),
    );
  }

  /** Every reply of every user that runs or waits here. */
  *running(): Generator<LiveReply> {
    for (const reply of this.#all()) if (reply.owner === null && reply.state !== "ended") yield reply;
  }

  /** Every reply that runs elsewhere and is read here. */
  *copies(): Generator<LiveReply> {
    for (const reply of this.#all()) if (reply.owner !== null && reply.state !== "ended") yield reply;
  }

  /** Lets go of all replies of a user, those that can still be resumed too. @returns them */
  forget(scope: Scope): LiveReply[] {
    const replies = [...(this.#users.get(scopeKey(scope))?.values() ?? [])];
    for (const reply of replies) this.remove(reply);
    return replies;
  }

  /** Lets go of a copy that nobody here reads any more. */
  remove(reply: LiveReply): void {
    const key = scopeKey(reply.scope);
    const replies = this.#users.get(key);
    if (replies?.get(reply.id) === reply) replies.delete(reply.id);
    if (this.#byId.get(reply.id) === reply) this.#byId.delete(reply.id);
    if (replies?.size === 0) this.#users.delete(key);
  }

  *#all(): Generator<LiveReply> {
    for (const replies of this.#users.values()) yield* replies.values();
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    while (this.#ended[0] !== undefined && this.#ended[0].forgetAt <= now) {
      const { reply } = this.#ended.shift() ?? {};
      if (reply === undefined) return;
      this.remove(reply);
    }
  }
}
