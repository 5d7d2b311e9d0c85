import { setTimeout as pause } from "node:timers/promises";
import type { Scope } from "../../ports/scope.ts";
import type { ReplyStopped } from "../live-reply.ts";
import type { Copies } from "./copies.ts";
import type { ClusterParts } from "./parts.ts";
import type { Peers } from "./peers.ts";

/** Milliseconds for which it is tried to stop a reply: longer than a dead instance's lease. And between two tries. */
const PATIENCE = 14_000;
const TRY_AGAIN = 500;
/** Tries that may fail because a store is away. */
const FAILURES = 4;

/** What is to be stopped, and why. */
interface Stop {
  readonly scope: Scope;
  readonly reply: string;
  readonly reason: ReplyStopped["reason"];
}

interface Surroundings {
  readonly peers: () => Peers;
  /** Whether an instance is alive: what a dead one ran is stopped by whoever takes it over. */
  readonly isMember: (instance: string) => boolean;
}

/** Stops replies wherever they run. */
export class Stops {
  readonly #parts: ClusterParts;
  readonly #copies: Copies;
  readonly #here: Surroundings;
  readonly #wanted = new Map<string, ReplyStopped["reason"]>();
  readonly #closing = new AbortController();

  constructor(parts: ClusterParts, copies: Copies, here: Surroundings) {
    this.#parts = parts;
    this.#copies = copies;
    this.#here = here;
  }

  /** Why a reply is to be stopped whose instance could not be asked so far, or null. */
  wanted(reply: string): ReplyStopped["reason"] | null {
    return this.#wanted.get(reply) ?? null;
  }

  /**
   * False where there is none of that id that has not ended. Rejects where a store was away at the last of several
   * tries, or whoever runs the reply could not be reached in all that time: then it may go on.
   */
  async stop(stop: Stop): Promise<boolean> {
    const { reply, reason } = stop;
    if (!this.#wanted.has(reply)) this.#wanted.set(reply, reason);
    try {
      return await this.#stop(stop);
    } finally {
      this.#wanted.delete(reply);
    }
  }

  async #stop(stop: Stop): Promise<boolean> {
    const { clock, log } = this.#parts;
    const until = clock.monotonic() + PATIENCE;
    let failures = 0;
    while (clock.monotonic() < until) {
      try {
        const stopped = await this.#try(stop);
        if (stopped !== null) return stopped;
      } catch (error) {
        if (++failures === FAILURES) throw error;
        log.warn({ err: error, reply: stop.reply }, "a reply could not be stopped yet");
      }
      await pause(TRY_AGAIN, null, { signal: this.#closing.signal });
    }
    throw new Error("nobody could be reached who runs the reply");
  }

  /** Tries no more: what could not be stopped so far rejects. */
  close(): void {
    this.#closing.abort();
  }

  /** Null where it is to be tried again. */
  async #try({ scope, reply, reason }: Stop): Promise<boolean | null> {
    const { archive, replies, leases, self, stopHere } = this.#parts;
    const known = replies.get(scope, reply);
    if (known?.owner === null) {
      stopHere(known, reason);
      return true;
    }
    const state = known ?? (await archive.forUser(scope).reply(reply));
    if (state === null || state.state === "ended") return false;
    const conversation = "owed" in state ? state.owed.conversation : state.conversation;
    const owner = known?.owner || (await leases.ownerOf(scope, conversation))?.instance;
    if (owner !== undefined && owner !== self && this.#here.isMember(owner)) {
      const { tenant, user } = scope;
      const answer = await this.#here.peers().ask(owner, { ask: "stop", tenant, user, reply, reason });
      if (answer === "yes") return true;
    }
    if (known !== null) await this.#copies.attach(known);
    return null;
  }
}
