import type { OwedReply } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import { type LiveReply, ReplyStopped } from "../live-reply.ts";
import { planTakeOver } from "../lost-attempt.ts";
import type { Copies } from "./copies.ts";
import { LeaseRanOut } from "./lease-keeper.ts";
import type { ClusterParts } from "./parts.ts";
import { PeerReader } from "./peer-reader.ts";
import type { Peers } from "./peers.ts";

/** The replies that this instance runs for the conversations it owns, and the instances that read them. */
export class Running {
  readonly #parts: ClusterParts;
  readonly #copies: Copies;
  readonly #elsewhere: (scope: Scope) => Promise<string[]>;
  readonly #peers: () => Peers;
  readonly #trusts: (scope: Scope, conversation: string) => boolean;
  readonly #toStop: (reply: string) => ReplyStopped["reason"] | null;
  readonly #working = new Map<string, Promise<void>>();

  /**
   * @param here.elsewhere the other instances on which a user has sockets
   * @param here.trusts whether this instance still has a conversation's lease
   * @param here.toStop why a reply is to be stopped whose instance could not be asked so far, or null
   */
  constructor(
    parts: ClusterParts,
    copies: Copies,
    here: {
      elsewhere: (scope: Scope) => Promise<string[]>;
      peers: () => Peers;
      trusts: (scope: Scope, conversation: string) => boolean;
      toStop: (reply: string) => ReplyStopped["reason"] | null;
    },
  ) {
    this.#parts = parts;
    this.#copies = copies;
    this.#elsewhere = here.elsewhere;
    this.#peers = here.peers;
    this.#trusts = here.trusts;
    this.#toStop = here.toStop;
  }

  /**
   * Runs all that a conversation owes, in order; what another instance has begun is taken over as its tenant
   * wants it, in an epoch that the archive gives to one instance alone.
   * For one conversation, one such call at a time. Rejects with {@link LeaseRanOut}.
   *
   * @param fresh a reply that was accepted here just now, and that nobody can have begun
   */
  async all(scope: Scope, conversation: string, fresh: LiveReply | null): Promise<void> {
    const key = `${conversation} ${scopeKey(scope)}`;
    const before = this.#working.get(key) ?? Promise.resolve();
    const work = before.then(() => this.#all(scope, conversation, fresh));
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#working.set(key, settled);
    try {
      await work;
    } finally {
      if (this.#working.get(key) === settled) this.#working.delete(key);
    }
  }

  async #all(scope: Scope, conversation: string, fresh: LiveReply | null): Promise<void> {
    const { archive, replies, run } = this.#parts;
    const stored = archive.forUser(scope);
    const owes = await stored.openReplies(conversation);
    for (const owed of owes) {
      // Whoever has the lease now may run what is owed.
      if (!this.#trusts(scope, conversation)) throw new LeaseRanOut(conversation);
      // It is placed by whoever accepts it, once it is acknowledged.
      if (replies.accepting.has(owed.reply)) continue;
      const known = replies.get(scope, owed.reply);
      if (known !== null && known === fresh && owed.epoch === known.epoch) {
        await this.#announce(known, owed);
        run(known);
        continue;
      }
      if (known?.state === "ended" || (known?.owner === null && known !== fresh)) continue;
      await this.#takeOver(owed);
    }
    // While this instance was held up, another ran it to its end.
    if (fresh?.owner === null && !owes.some(({ reply }) => reply === fresh.id)) {
      fresh.overtaken("");
      await this.#copies.attach(fresh);
    }
  }

  async #takeOver(owed: OwedReply): Promise<void> {
    const { archive, journal, replies, connections, keepOwed, expectBack, takeOverPolicy, wasted } =
      this.#parts;
    const scope = { tenant: owed.tenant, user: owed.user };
    const stored = archive.forUser(scope);
    // A dead instance was told in vain to stop what was superseded or cleared.
    const stands = (await stored.conversationOf(owed.reply)) !== null;
    const stopped = this.#toStop(owed.reply) ?? (stands ? null : "cancelled");
    const policy = await takeOverPolicy(scope.tenant);
    const written = await journal.read(scope, owed.reply);
    const { ends, kept, waste } = planTakeOver(policy, owed.epoch, written, stopped !== null);
    const epoch = Math.max(owed.epoch, replies.get(scope, owed.reply)?.epoch ?? 0) + 1;
    if (!(await stored.raiseEpoch(owed.reply, epoch))) return;
    await keepOwed(owed);
    await expectBack(scope);
    const copy = replies.get(scope, owed.reply);
    const reply = copy ?? this.#copies.make({ ...owed, epoch }, "");
    reply.restart(epoch, null, kept);
    connections.touch(scope);
    // Of a copy, every socket was shown that it is there; whoever was told so by `ready` resumes it first.
    if (copy === null) connections.attachAll(reply);
    if (waste !== null) await wasted(scope.tenant, waste);
    await this.#announce(reply, owed);
    if (ends) await this.#parts.endHere(reply, stopped ?? "interrupted");
    else this.#parts.run(reply);
  }

  /**
   * An attempt that was to go on from a lost one cannot, and begins anew in the next epoch.
   *
   * @returns false where the reply is no longer this instance's
   */
  async anew(reply: LiveReply): Promise<boolean> {
    const { archive, journal } = this.#parts;
    const epoch = reply.epoch + 1;
    if (!(await archive.forUser(reply.scope).raiseEpoch(reply.id, epoch)) || reply.owner !== null)
      return false;
    const { reason } = reply.signal;
    reply.restart(epoch, null);
    if (reason instanceof ReplyStopped) reply.stop(reason.reason);
    // What was kept so far is given up: whoever takes this attempt over must not begin with it.
    await journal.drop(reply.scope, reply.id, epoch - 1);
    return true;
  }

  async #announce(reply: LiveReply, owed: OwedReply): Promise<void> {
    for (const instance of await this.#elsewhere(reply.scope)) {
      const state = reply.state === "streaming" ? "streaming" : "queued";
      this.#peers().tell(instance, { t: "reply", owed: { ...owed, epoch: reply.epoch }, state });
      this.read(reply, instance, 0);
    }
  }

  /** Another instance reads a reply from after that chunk on. */
  read(reply: LiveReply, instance: string, after: number): void {
    this.detach(instance, reply.id);
    const reader = new PeerReader(reply, instance, this.#peers(), after);
    reply.readers.add(reader);
    reader.advance();
  }

  /** Another instance no longer reads a reply. */
  detach(instance: string, replyId: string): void {
    const reply = this.#parts.replies.find(replyId);
    for (const reader of reply?.readers ?? []) {
      if (reader instanceof PeerReader && reader.instance === instance) reply?.readers.delete(reader);
    }
  }
}
