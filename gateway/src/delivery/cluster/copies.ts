import { setTimeout as pause } from "node:timers/promises";
import type { OwedReply } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import { LiveReply } from "../live-reply.ts";
import type { ClusterParts } from "./parts.ts";
import type { PeerMessage } from "./peer-messages.ts";
import type { Peers } from "./peers.ts";

/** Tries to find who runs a reply, before it is left to be taken over. */
const ATTACH_TRIES = 3;
/** Failures of a store until that is left to be mended when the store is back, and milliseconds between them. */
const ATTACH_FAILURES = 5;
const FAILURE_PAUSE = 500;
/** Milliseconds that a socket's `ready` waits for the text of what runs elsewhere. */
const SYNC_PATIENCE = 500;

/** The replies that run elsewhere, as sockets here read them. */
export class Copies {
  readonly #parts: ClusterParts;
  readonly #peers: () => Peers;

  readonly #fill: (scope: Scope, conversation: string) => Promise<void>;
  readonly #heldUp: () => boolean;
  readonly #isMember: (instance: string) => boolean;

  /**
   * @param here.fill sees to it that all which a conversation of this instance owes is known here
   * @param here.heldUp whether this instance hears of what may be long over
   * @param here.isMember whether that instance is alive
   */
  constructor(
    parts: ClusterParts,
    peers: () => Peers,
    here: {
      fill: (scope: Scope, conversation: string) => Promise<void>;
      heldUp: () => boolean;
      isMember: (instance: string) => boolean;
    },
  ) {
    this.#parts = parts;
    this.#peers = peers;
    this.#fill = here.fill;
    this.#heldUp = here.heldUp;
    this.#isMember = here.isMember;
  }

  /** Makes a copy of a reply that another instance runs; it is read by whoever attaches. */
  make(owed: OwedReply, owner: string): LiveReply {
    const copy = new LiveReply(owed, { changed: this.#parts.changed, owner });
    this.#parts.replies.add(copy);
    return copy;
  }

  /** Makes a copy of each of a user's open replies that is not known here, with the text so far. */
  async sync(scope: Scope): Promise<void> {
    const { archive, replies, leases, self } = this.#parts;
    const owed = await archive.forUser(scope).openReplies();
    const unknown = owed.filter(
      ({ reply }) => replies.get(scope, reply) === null && !replies.accepting.has(reply),
    );
    await Promise.all(
      unknown.map(async (each) => {
        const owner = await leases.ownerOf(scope, each.conversation);
        if (owner?.instance === self) await this.#fill(scope, each.conversation);
        if (owner?.instance === self || replies.get(scope, each.reply) !== null) return;
        if (replies.accepting.has(each.reply)) return;
        const copy = this.make(each, owner?.instance ?? "");
        // Sockets that were here before were not shown it; the one that is let in now resumes it.
        this.#parts.connections.attachAll(copy);
        await this.#attachSoon(copy);
      }),
    );
  }

  /** Asks a copy's owner for what came after what is held here; finds out what became of it where it does not answer. */
  async attach(copy: LiveReply): Promise<void> {
    let failures = 0;
    for (let tries = 0; tries < ATTACH_TRIES && copy.owner !== null && copy.state !== "ended"; tries++) {
      try {
        if (await this.#attached(copy)) return;
      } catch (error) {
        if (++failures >= ATTACH_FAILURES) throw error;
        tries = 0;
        await pause(FAILURE_PAUSE, null, { ref: false });
      }
    }
  }

  /** Whether a copy has all that can be had for now; false where another owner is to be asked. */
  async #attached(copy: LiveReply): Promise<boolean> {
    const { archive, leases, self } = this.#parts;
    const { tenant, user } = copy.scope;
    const place = { reply: copy.id, after: copy.log.seq, epoch: copy.epoch };
    const request = { ask: "attach", tenant, user, ...place } as const;
    const known = copy.owner !== null && this.#isMember(copy.owner) ? copy.owner : null;
    if (known !== null && (await this.#peers().ask(known, request)) === "yes") return true;
    const state = await archive.forUser(copy.scope).reply(copy.id);
    if (state?.state === "ended") {
      this.#endAs(copy, state.end);
      return true;
    }
    const owner = await leases.ownerOf(copy.scope, copy.conversation);
    if (owner === null || owner.instance === self) return true;
    if (copy.owner !== null) copy.overtaken(owner.instance);
    return false;
  }

  /** Attaches a copy, but does not keep a socket waiting for an instance that does not answer. */
  async #attachSoon(copy: LiveReply): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, SYNC_PATIENCE);
    await Promise.race([this.attach(copy).finally(() => clearTimeout(timer)), late.promise]);
  }

  /** What another instance says of a reply. */
  take(from: string, message: Exclude<PeerMessage, { t: "request" | "answer" | "frame" | "detach" }>): void {
    if (message.t === "reply") {
      this.#announced(from, message);
      return;
    }
    const copy = this.#parts.replies.find(message.r);
    if (copy === null) {
      this.#peers().tell(from, { t: "detach", r: message.r });
      return;
    }
    if (copy.owner === null || message.e < copy.epoch) return;
    if (message.e > copy.epoch) copy.restart(message.e, from);
    if (message.t === "start") copy.start();
    else if (message.t === "cached") copy.answerFromCache(message.c);
    else if (message.t === "chunks") {
      if (!copy.copy(message.s, message.c)) void this.readOn(copy);
    } else if (copy.log.seq < message.s) void this.readOn(copy);
    else this.#end(copy, () => copy.end(message.outcome, message.trouble));
  }

  /** Nobody here reads a user's replies any more. */
  letGo(scope: Scope): void {
    for (const copy of this.#parts.replies.open(scope)) {
      if (copy.owner === null) continue;
      if (copy.owner !== "") this.#peers().tell(copy.owner, { t: "detach", r: copy.id });
      this.#parts.replies.remove(copy);
    }
  }

  #announced(from: string, { owed, state }: Extract<PeerMessage, { t: "reply" }>): void {
    const { replies, connections, queues } = this.#parts;
    const known = replies.get(owed, owed.reply);
    if (known === null) {
      const scope = { tenant: owed.tenant, user: owed.user };
      // What may be long over is not shown as new to those who came since: the repair that is due finds what is not.
      // What is being accepted here is read once it is acknowledged.
      if (connections.countOf(scope) === 0 || this.#heldUp() || replies.accepting.has(owed.reply)) {
        this.#peers().tell(from, { t: "detach", r: owed.reply });
        return;
      }
      const copy = this.make(owed, from);
      if (state === "streaming") copy.start();
      connections.touch(scope);
      connections.attachAll(copy);
      return;
    }
    if (owed.epoch < known.epoch || (owed.epoch === known.epoch && known.owner === null)) return;
    if (known.owner === null) queues.remove(known);
    if (owed.epoch > known.epoch) known.restart(owed.epoch, from);
    else known.overtaken(from);
  }

  /** Attaches a copy anew of which something was lost. Where that fails, it is said. */
  async readOn(copy: LiveReply): Promise<void> {
    try {
      await this.attach(copy);
    } catch (error) {
      this.#parts.log.warn({ err: error, reply: copy.id }, "a reply could not be read on");
    }
  }

  #endAs(
    copy: LiveReply,
    end: { seq: number; epoch: number; content: string } & Parameters<LiveReply["end"]>[0],
  ): void {
    const { reason, model, usage } = end;
    if (end.epoch !== copy.epoch) copy.restart(end.epoch, copy.owner ?? "");
    copy.complete(end.content, end.seq);
    this.#end(copy, () => copy.end({ reason, model, usage }, null));
  }

  #end(copy: LiveReply, end: () => void): void {
    if (copy.state === "ended") return;
    this.#parts.connections.touch(copy.scope);
    end();
    this.#parts.replies.ended(copy);
  }
}
