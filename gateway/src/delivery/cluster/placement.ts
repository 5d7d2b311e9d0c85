import type { Scope } from "../../ports/scope.ts";
import { type LiveReply, ReplyStopped } from "../live-reply.ts";
import type { Claimed } from "./claim.ts";
import type { Copies } from "./copies.ts";
import type { Departure } from "./departure.ts";
import type { Holds } from "./holds.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { Peers } from "./peers.ts";
import type { Running } from "./running.ts";
import type { Stops } from "./stops.ts";

/** Milliseconds between tries of what must not be lost. */
const TRY_AGAIN = 500;

interface Surroundings {
  readonly holds: Holds;
  readonly members: Membership;
  readonly departure: Departure;
  readonly copies: Copies;
  readonly running: Running;
  readonly stops: Stops;
  readonly peers: () => Peers;
  /** Takes a conversation's lease, in an epoch above the given one, or learns who has it. */
  readonly claim: (scope: Scope, conversation: string, above: number) => Promise<Claimed>;
}

/** Sees to it that replies which were accepted here are run: here, or by the conversation's owner. */
export class Placement {
  readonly #parts: ClusterParts;
  readonly #here: Surroundings;
  #closed = false;

  constructor(parts: ClusterParts, here: Surroundings) {
    this.#parts = parts;
    this.#here = here;
  }

  /** Never gives up, until this instance ends. */
  async place(reply: LiveReply): Promise<void> {
    await this.#here.holds.during(reply, async () => {
      while (!this.#closed && reply.state !== "ended") {
        if ((await this.#placed(reply)) || this.#parts.draining()) return;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
      }
    });
  }

  close(): void {
    this.#closed = true;
  }

  async #placed(reply: LiveReply): Promise<boolean> {
    const { members, departure, copies, running, stops, peers, claim } = this.#here;
    const { scope, conversation } = reply;
    if (departure.handsOn(reply)) return true;
    try {
      const owner = await claim(scope, conversation, reply.epoch - 1);
      // Let go of while it waited, because nobody here read it: it is known by what the archive says.
      const letGo = this.#parts.replies.get(scope, reply.id) !== reply;
      if (owner.mine) {
        const fresh = reply.owner === null && !letGo;
        if (fresh && members.alone) this.#parts.run(reply);
        else await running.all(scope, conversation, fresh ? reply : null);
        return true;
      }
      const { reason } = reply.signal;
      if (reply.owner !== owner.instance) reply.overtaken(owner.instance);
      const { tenant, user } = scope;
      const answer = await peers().ask(owner.instance, { ask: "run", tenant, user, conversation });
      if (answer !== "yes") return false;
      if (letGo) return true;
      await copies.attach(reply);
      if (reason instanceof ReplyStopped) await stops.stop({ scope, reply: reply.id, reason: reason.reason });
      return true;
    } catch (error) {
      this.#parts.log.warn({ err: error, reply: reply.id }, "a reply could not be placed yet");
      return false;
    }
  }
}
