import type { ServerFrame } from "@parlance/protocol";
import type { Scope } from "../../ports/scope.ts";
import type { LiveReply, ReplyStopped } from "../live-reply.ts";
import type { SocketOutbox } from "../socket-outbox.ts";
import { Absence } from "./absence.ts";
import { type Claimed, claim } from "./claim.ts";
import { Copies } from "./copies.ts";
import { Departure } from "./departure.ts";
import { Holds } from "./holds.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { PeerAnswer, PeerRequest, Withdrawn } from "./peer-messages.ts";
import { type PeerHandlers, Peers } from "./peers.ts";
import { Placement } from "./placement.ts";
import { Repair } from "./repair.ts";
import { Running } from "./running.ts";
import { Shown } from "./shown.ts";
import { Stops } from "./stops.ts";
import { TakeOver } from "./take-over.ts";

/** Milliseconds for which an instance that was held up waits for others to know of it again: where it takes longer than that, it was held up anew. */
const GREETING = 2_000;

/**
 * Several instances as one. Any of them accepts; the owner of a conversation's lease answers, and tells the
 * others that have sockets of the user. Alone it costs nothing: nobody is told, nothing is published.
 */
export class Cluster {
  /** What this instance gives to others when it ends. */
  readonly departure: Departure;
  readonly #parts: ClusterParts;
  readonly #peers: Peers;
  readonly #leases: LeaseKeeper;
  readonly #copies: Copies;
  readonly #running: Running;
  readonly #holds: Holds;
  readonly #members: Membership;
  readonly #takeOver: TakeOver;
  readonly #shown: Shown;
  readonly #repair: Repair;
  readonly #stops: Stops;
  readonly #absence: Absence;
  readonly #placement: Placement;
  #closed = false;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { self, bus, clock, ids, log } = parts;
    this.#holds = new Holds((place) => {
      if (!parts.queues.busy(place)) this.emptied(place);
    });
    this.#copies = new Copies(parts, () => this.#peers, {
      fill: async (scope, conversation) => void (await this.#runFor(scope, conversation, 0)),
      heldUp: () => this.#members.heldUp,
      isMember: (instance) => this.#members.has(instance),
    });
    this.#running = new Running(parts, this.#copies, {
      elsewhere: (scope) => this.#members.elsewhere(scope),
      peers: () => this.#peers,
      trusts: (scope, conversation) => this.#leases.trusted(scope, conversation),
      toStop: (reply) => this.#stops.wanted(reply),
    });
    this.#stops = new Stops(parts, this.#copies, {
      peers: () => this.#peers,
      isMember: (instance) => this.#members.has(instance),
    });
    this.#absence = new Absence(parts, {
      connectedElsewhere: (scope) => this.connectedElsewhere(scope),
      askAll: (request) => this.#askAll(request),
      stop: (scope, reply, reason) => this.stop(scope, reply, reason),
    });
    this.#members = new Membership(parts, {
      gone: (gone) => {
        for (const instance of gone) this.#peers.forget(instance);
        this.#takeOver.soon();
        this.#background(this.#absence.expectAll(), "who went with another instance could not be looked up");
        parts.othersGone();
        this.#mend(this.#repair.died(gone));
      },
      back: async (unreachable) => {
        await this.#askAll({ ask: "hello" }, GREETING);
        this.#mend(this.#repair.caughtUp());
        if (unreachable) this.#repair.everyone();
      },
    });
    this.departure = new Departure(parts, this.#members, {
      peers: () => this.#peers,
      emptied: (place) => this.emptied(place),
      stop: async (reply, reason) => void (await this.stop(reply.scope, reply.id, reason)),
    });
    this.#placement = new Placement(parts, {
      holds: this.#holds,
      members: this.#members,
      departure: this.departure,
      copies: this.#copies,
      running: this.#running,
      stops: this.#stops,
      peers: () => this.#peers,
      claim: (scope, conversation, above) => this.#claim(scope, conversation, above),
    });
    this.#shown = new Shown(clock);
    this.#repair = new Repair(parts, {
      shown: this.#shown,
      copies: this.#copies,
      peers: () => this.#peers,
      isMember: (instance) => this.#members.has(instance),
    });
    this.#takeOver = new TakeOver(parts, async ({ scope, conversation, epoch }) => {
      const owner = await this.#runFor(scope, conversation, epoch);
      return owner === self || this.#members.has(owner);
    });
    this.#leases = new LeaseKeeper({
      leases: parts.leases,
      self,
      clock,
      lost: (lease) => this.#overtaken(lease.scope, lease.conversation),
      failed: (error) => log.warn({ err: error }, "leases cannot be renewed; what runs goes on"),
    });
    this.#peers = new Peers({
      self,
      bus,
      clock,
      ids,
      handlers: {
        message: (from, message) => this.#hear(from, message),
        request: (from, request) => this.#answer(from, request),
        lost: (from, gap) => this.#mend(this.#repair.lost(from, gap)),
        back: () => this.#mend(this.#repair.heardAgain(this.#members.all.map(({ id }) => id))),
        failed: (error) => log.warn({ err: error }, "another instance could not be told"),
      },
    });
  }

  /** Begins to hear from others and to be seen. What was owed by instances that are gone is taken over. */
  async start(): Promise<void> {
    await this.#peers.listen();
    await this.#members.start();
    await this.#askAll({ ask: "hello" });
    this.#takeOver.start();
  }

  /** Envelopes published to other instances so far. */
  get published(): number {
    return this.#peers.published;
  }

  /** A socket of the user was registered here: resolves once the other instances can know. Before the 101. */
  arrive(scope: Scope): Promise<void> {
    return this.#members.arrive(scope);
  }

  /** Rejects where {@link arrive} would now. */
  couldArrive(scope: Scope): Promise<void> {
    return this.#members.couldArrive(scope);
  }

  /** The user's last socket here is gone. */
  left(scope: Scope): void {
    this.#copies.letGo(scope);
    this.#members.leave(scope);
  }

  /** Learns of the user's replies that run elsewhere, before a socket is told what runs. */
  async sync(scope: Scope): Promise<void> {
    if (!this.#members.alone || !this.#takeOver.settled) await this.#copies.sync(scope);
  }

  /** Whether no other instance is alive. */
  get alone(): boolean {
    return this.#members.alone;
  }

  /** Sends a frame to all of the user's sockets, here (save one, where it is given) and on other instances. */
  broadcast(scope: Scope, frame: ServerFrame, except?: SocketOutbox): void {
    this.#parts.connections.broadcast(scope, frame, except);
    if (this.#members.alone) return;
    this.#shown.note(scope, frame);
    const { tenant, user } = scope;
    this.#background(
      this.#members.elsewhere(scope).then((instances) => {
        for (const instance of instances) this.#peers.tell(instance, { t: "frame", tenant, user, frame });
      }),
      "the user's other instances could not be told",
    );
  }

  /** Whether the user has a socket on another instance. */
  async connectedElsewhere(scope: Scope): Promise<boolean> {
    return (await this.#members.elsewhere(scope)).length > 0;
  }

  /** {@link Placement.place}. */
  place(reply: LiveReply): Promise<void> {
    return this.#placement.place(reply);
  }

  /** Whether this instance still may send for a reply that it runs. Where not, the reply is another's from now on. */
  owns(reply: LiveReply): boolean {
    if (reply.owner !== null) return false;
    if (this.#leases.trusted(reply.scope, reply.conversation)) return true;
    this.#overtaken(reply.scope, reply.conversation);
    return false;
  }

  /** {@link Running.anew}. */
  anew(reply: LiveReply): Promise<boolean> {
    return this.#running.anew(reply);
  }

  /** A reply that ran here was ended, or taken over, by another instance: it is read from there. */
  yielded(reply: LiveReply): void {
    reply.overtaken("");
    this.#background(this.#copies.attach(reply), "a reply that was overtaken could not be read on");
  }

  /** A conversation has nothing left to run here: whoever is asked next may have it. */
  emptied(reply: Pick<LiveReply, "scope" | "conversation">): void {
    const { scope, conversation } = reply;
    if (this.#holds.has(reply)) return;
    const released = this.#leases.release(scope, conversation);
    if (this.#parts.draining()) this.departure.handOver(reply, released);
    else this.#background(released, "a lease could not be given up; it runs out by itself");
  }

  /** Stops a reply wherever it runs; false where there is none of that id that has not ended. */
  stop(scope: Scope, replyId: string, reason: ReplyStopped["reason"]): Promise<boolean> {
    return this.#stops.stop({ scope, reply: replyId, reason });
  }

  /** {@link Absence.abandon}. */
  abandon(scope: Scope): Promise<void> {
    return this.#absence.abandon(scope);
  }

  /** Takes back what a user has no more, here and on every instance that answers in time. */
  async withdraw(scope: Scope, what: Withdrawn): Promise<void> {
    this.#parts.withdrawHere(scope, what);
    const { tenant, user } = scope;
    await this.#askAll({ ask: "withdraw", what, tenant, user });
  }

  #askAll(request: PeerRequest, patience?: number): Promise<(PeerAnswer | null)[]> {
    return Promise.all(this.#members.all.map(({ id }) => this.#peers.ask(id, request, patience)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#takeOver.close();
    this.#placement.close();
    this.#stops.close();
    this.#leases.close();
    try {
      await this.#members.close();
    } catch (error) {
      this.#parts.log.warn({ err: error }, "this instance could not sign off; its lease runs out");
    }
    this.#peers.close();
  }

  #hear(from: string, message: Parameters<PeerHandlers["message"]>[1]): void {
    const { heldUp } = this.#members;
    if (heldUp) this.#repair.unseen(message);
    if (message.t === "detach") this.#running.detach(from, message.r);
    else if (message.t !== "frame") this.#copies.take(from, message);
    else if (!heldUp) {
      const scope = { tenant: message.tenant, user: message.user } as Scope;
      this.#parts.connections.broadcast(scope, message.frame);
      this.#parts.connections.touch(scope);
      this.#shown.note(scope, message.frame);
    }
  }

  async #answer(from: string, request: Parameters<PeerHandlers["request"]>[1]): Promise<PeerAnswer> {
    if (request.ask === "hello") {
      await this.#members.beat();
      return "yes";
    }
    const scope = { tenant: request.tenant, user: request.user } as Scope;
    if (request.ask === "withdraw") {
      this.#parts.withdrawHere(scope, request.what);
      return "yes";
    }
    if (request.ask === "expecting") return this.#parts.connections.isExpected(scope) ? "yes" : "no";
    if (request.ask === "run") {
      if (this.#parts.draining()) return "no";
      const owner = await this.#runFor(scope, request.conversation, 0);
      return owner === this.#parts.self ? "yes" : "no";
    }
    const reply = this.#parts.replies.get(scope, request.reply);
    if (reply === null || reply.owner !== null) return "no";
    if (request.ask === "stop") {
      this.#parts.stopHere(reply, request.reason);
      return "yes";
    }
    const same = request.epoch === reply.epoch && request.after <= reply.log.seq;
    this.#running.read(reply, from, same ? request.after : 0);
    return "yes";
  }

  /** Runs what a conversation owes, where its lease can be had; says who has it. */
  async #runFor(scope: Scope, conversation: string, above: number): Promise<string> {
    return this.#holds.during({ scope, conversation }, async () => {
      const owner = await this.#claim(scope, conversation, above);
      if (owner.mine) await this.#running.all(scope, conversation, null);
      return owner.instance;
    });
  }

  #claim(scope: Scope, conversation: string, above: number): Promise<Claimed> {
    const near = { parts: this.#parts, members: this.#members, leases: this.#leases };
    return claim(near, { scope, conversation, above });
  }

  #overtaken(scope: Scope, conversation: string): void {
    const { replies, queues } = this.#parts;
    this.#leases.drop(scope, conversation);
    for (const reply of replies.open(scope, conversation)) {
      if (reply.owner !== null) continue;
      queues.remove(reply);
      this.yielded(reply);
    }
    this.#takeOver.soon();
  }

  #mend(repaired: Promise<void>): void {
    this.#background(repaired, "what was lost between instances could not be made good");
  }

  #background(work: Promise<void>, failure: string): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#parts.log.warn({ err: error }, failure);
    });
  }
}
