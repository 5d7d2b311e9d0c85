import { type LiveReply, ReplyStopped } from "../live-reply.ts";
import { TaskSet } from "../task-set.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { Peers } from "./peers.ts";

type Place = Pick<LiveReply, "scope" | "conversation">;

/** What is left. */
interface ClusterAsLeft {
  readonly peers: () => Peers;
  /** Nothing of a conversation is left to run here. */
  readonly emptied: (place: Place) => void;
  /** Stops a reply wherever it runs. */
  readonly stop: (reply: LiveReply, reason: ReplyStopped["reason"]) => Promise<void>;
}

/** What an instance that ends gives to the others, so that nobody has to wait until its leases run out. */
export class Departure {
  readonly #parts: ClusterParts;
  readonly #members: Membership;
  readonly #cluster: ClusterAsLeft;
  readonly #handingOver: TaskSet;
  #turn = 0;

  constructor(parts: ClusterParts, members: Membership, cluster: ClusterAsLeft) {
    this.#parts = parts;
    this.#members = members;
    this.#cluster = cluster;
    this.#handingOver = new TaskSet((error) =>
      parts.log.warn({ err: error }, "a conversation could not be handed over; it is taken over later"),
    );
  }

  /** Whether this instance ends and there is another that takes what reaches it. */
  get possible(): boolean {
    return this.#parts.draining() && this.#members.willing.length > 0;
  }

  /** Says that this instance ends. Gives up what waits, where another takes it. @returns whether one does */
  async giveUpWaiting(): Promise<boolean> {
    const { log, queues } = this.#parts;
    try {
      await this.#members.beat();
    } catch (error) {
      log.warn({ err: error }, "no other instance can be reached; what waits here stays");
      return false;
    }
    if (!this.possible) return false;
    const waiting = queues.removeWaiting();
    for (const reply of waiting) reply.overtaken("");
    for (const reply of waiting) if (!queues.busy(reply)) this.#cluster.emptied(reply);
    return true;
  }

  /**
   * Leaves a reply that was just accepted to others, where that is possible: its conversation is handed over once
   * nothing more of it is being done here.
   */
  handsOn(reply: LiveReply): boolean {
    if (!this.possible) return false;
    const { reason } = reply.signal;
    reply.overtaken("");
    if (reason instanceof ReplyStopped) this.#handingOver.add(this.#cluster.stop(reply, reason.reason));
    return true;
  }

  /** Gives up what still runs: its calls end here, and another instance goes on as the tenant wants it. */
  giveUpRunning(): void {
    for (const reply of [...this.#parts.replies.running()]) {
      // What was stopped comes to its end here, and at once.
      if (reply.signal.aborted) continue;
      this.#parts.queues.remove(reply);
      reply.overtaken("");
    }
  }

  /** Asks another instance to run what a conversation owes, once its lease is free. */
  handOver(place: Place, released: Promise<void>): void {
    this.#handingOver.add(released.then(() => this.#offer(place)));
  }

  /** Resolves when all that was given up is with others, or has found nobody. */
  async settled(): Promise<void> {
    await this.#handingOver.settled();
  }

  /** Conversations go to the others in turn. */
  async #offer({ scope, conversation }: Place): Promise<void> {
    const { willing } = this.#members;
    const first = this.#turn++ % Math.max(1, willing.length);
    const { tenant, user } = scope;
    for (const { id } of [...willing.slice(first), ...willing.slice(0, first)]) {
      if ((await this.#cluster.peers().ask(id, { ask: "run", tenant, user, conversation })) === "yes") return;
    }
  }
}
