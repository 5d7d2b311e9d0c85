import type { AcceptKind, ArchivedMessage } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import type { SocketOutbox } from "../socket-outbox.ts";
import type { Copies } from "./copies.ts";
import type { ClusterParts } from "./parts.ts";
import { type Concern, concernOf, type Gap, type PeerMessage } from "./peer-messages.ts";
import type { Peers } from "./peers.ts";
import type { Shown } from "./shown.ts";

/** Users whose replies or heads are read at once. */
const AT_ONCE = 8;
/** Milliseconds before an instance was found dead in which it may have stored what it did not tell. */
const DYING = 15_000;
/** Milliseconds by which the clocks of instances may differ. */
const SKEW = 2_000;
/** Conversations, and messages of each, that are looked at for what sockets were not shown. */
const HEADS = 10;
/** Seconds over which sockets come back that were not shown something, and how many of them come in one. */
const SHORTEST = 2;
const LONGEST = 15;
const A_SECOND = 100;

/**
 * Makes good what other instances told this one in vain. Replies are read anew; sockets that were not shown
 * anything else are asked to come back, and so to be shown it.
 */
export class Repair {
  readonly #parts: ClusterParts;
  readonly #shown: Shown;
  readonly #copies: Copies;
  readonly #peers: () => Peers;
  readonly #isMember: (instance: string) => boolean;
  readonly #asked = new WeakSet<SocketOutbox>();
  #unseen: Concern[] = [];

  constructor(
    parts: ClusterParts,
    here: {
      shown: Shown;
      copies: Copies;
      peers: () => Peers;
      isMember: (instance: string) => boolean;
    },
  ) {
    this.#parts = parts;
    this.#shown = here.shown;
    this.#copies = here.copies;
    this.#peers = here.peers;
    this.#isMember = here.isMember;
  }

  /** Something was heard that may be of long ago, and that nobody here is shown: it is made good by `caughtUp`. */
  unseen(message: PeerMessage): void {
    const concern = concernOf(message);
    if (concern !== null) this.#unseen.push(concern);
  }

  /** This instance is there again after it was held up: what was `unseen` is made good. */
  async caughtUp(): Promise<void> {
    const concerns = this.#unseen;
    this.#unseen = [];
    await this.#readAnew(() => true);
    await this.#makeGood(concerns);
  }

  /**
   * Envelopes of an instance were lost.
   *
   * @param gap null where it is not known how many
   */
  async lost(from: string, gap: Gap | null): Promise<void> {
    await this.#readAnew((owner) => gap === null || owner === from);
    if (gap === null) {
      this.everyone();
      return;
    }
    const answer = await this.#ask(() => this.#peers().ask(from, { ask: "missed", ...gap }), from);
    // Where it is gone meanwhile, that is for `died`.
    if (answer === null) return;
    if (typeof answer === "object") {
      await this.#makeGood(answer.missed);
      return;
    }
    await this.#readAnew(() => true);
    this.everyone();
  }

  /** The bus was away: every other instance is asked for a word, whose number shows what was lost. */
  async heardAgain(instances: readonly string[]): Promise<void> {
    await Promise.all(
      instances.map((instance) => this.#ask(() => this.#peers().ask(instance, { ask: "hello" }), instance)),
    );
  }

  /**
   * Instances are gone, which may have stored what they did not come to tell: the ends of what they ran are looked
   * up, and heads of conversations are read.
   */
  async died(gone: readonly string[]): Promise<void> {
    const since = this.#parts.clock.now() - DYING;
    await this.#readAnew((owner) => gone.includes(owner));
    const missed: Scope[] = [];
    await eachOf([...this.#parts.connections.scopes()], async (scope) => {
      if (await this.#orFailed(this.#missedSome(scope, since))) missed.push(scope);
    });
    this.#comeBack(missed);
  }

  /** It is not known what was told in vain: every socket is asked to come back. */
  everyone(): void {
    this.#comeBack([...this.#parts.connections.scopes()]);
  }

  async #makeGood(concerns: readonly Concern[]): Promise<void> {
    const { connections, replies } = this.#parts;
    const here = concerns.filter((concern) => connections.countOf(concern) > 0);
    const users = Map.groupBy(here, scopeKey);
    const missed: Scope[] = [];
    await eachOf([...users.values()], async (ofUser) => {
      const [scope] = ofUser;
      if (scope === undefined) return;
      const isMissed = async (): Promise<boolean> => {
        await this.#copies.sync(scope);
        await this.#readNamed(scope, ofUser);
        return ofUser.some(({ reply }) => reply === undefined || replies.get(scope, reply) === null);
      };
      // A socket that is being let in may have read what was before.
      connections.touch(scope);
      if (await this.#orFailed(isMissed())) missed.push(scope);
    });
    this.#comeBack(missed);
  }

  /** What is known here as another instance's, the sender may have taken over, and ended by now. */
  async #readNamed(scope: Scope, concerns: readonly Concern[]): Promise<void> {
    const named = new Set(concerns.map(({ reply }) => reply));
    for (const copy of this.#parts.replies.open(scope))
      if (copy.owner !== null && named.has(copy.id)) await this.#copies.readOn(copy);
  }

  /** What cannot be looked up counts as missed: a socket that comes back is shown what there is. */
  async #orFailed(missed: Promise<boolean>): Promise<boolean> {
    try {
      return await missed;
    } catch (error) {
      this.#parts.log.warn({ err: error }, "what a user's sockets were not shown cannot be looked up");
      return true;
    }
  }

  async #readAnew(ofOwner: (owner: string) => boolean): Promise<void> {
    const copies = [...this.#parts.replies.copies()].filter(({ owner }) => owner !== null && ofOwner(owner));
    await eachOf(copies, (copy) => this.#copies.readOn(copy));
  }

  /** Asks until there is an answer, or nobody left to answer. */
  async #ask<Answer>(ask: () => Promise<Answer | null>, instance: string): Promise<Answer | null> {
    while (this.#isMember(instance)) {
      const answer = await ask();
      if (answer !== null) return answer;
    }
    return null;
  }

  /** Whether something was stored lately that none of the user's sockets here can have been shown. */
  async #missedSome(scope: Scope, since: number): Promise<boolean> {
    const { archive, connections } = this.#parts;
    const stored = archive.forUser(scope);
    const from = Math.max(since, connections.readAt(scope) - SKEW);
    const cleared = await stored.clearedSince(from);
    if (cleared.some((conversation) => !this.#shown.hasClear(scope, conversation))) return true;
    const { conversations } = await stored.conversations({ limit: HEADS });
    for (const { id } of conversations.filter(({ at }) => at >= from)) {
      const page = await stored.messages(id, { limit: HEADS });
      const late = page?.messages.filter((message) => message.at >= from) ?? [];
      if (late.length === 0) continue;
      const owed = new Map((await stored.openReplies(id)).map(({ reply, kind }) => [reply, kind]));
      if (late.some((message) => !this.#isShown(scope, message, owed))) return true;
    }
    return false;
  }

  /** @param owed how the replies were asked for that have not ended: who takes one over tells of it, and of no cut */
  #isShown(scope: Scope, { id, to }: ArchivedMessage, owed: ReadonlyMap<string, AcceptKind>): boolean {
    if (to === undefined) return this.#shown.hasMessage(scope, id);
    const kind = this.#parts.replies.get(scope, id)?.kind ?? owed.get(id);
    if (kind === undefined) return false;
    return kind !== "regenerate" || this.#shown.hasCutAfter(scope, to);
  }

  #comeBack(users: readonly Scope[]): void {
    const outboxes = users
      .flatMap((scope) => [...this.#parts.connections.outboxes(scope)])
      .filter((outbox) => !this.#asked.has(outbox));
    const reconnectIn = Math.min(LONGEST, Math.max(SHORTEST, Math.ceil(outboxes.length / A_SECOND)));
    for (const outbox of outboxes) {
      this.#asked.add(outbox);
      outbox.send({ type: "goaway", reconnectIn, reason: "missed" });
    }
  }
}

/** Does something for each, for a few at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const workers = Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
    for (const item of left) await work(item);
  });
  await Promise.all(workers);
}
