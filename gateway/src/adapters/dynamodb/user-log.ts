/*
 * How a write of many items is one, without transactions.
 *
 * Each user has a head: an item with a version, and, while a write is not finished, all that the write changes.
 *
 *   1 read the head; finish what it holds (4 to 6)
 *   2 read what the decision needs, and decide
 *   3 stage what nobody reads yet: the record in the shards of what is owed, the rest of a long text
 *   - commit: the head from version v to v + 1 with the changes in it, on the condition that it is still v
 *   4 make the changes to messages, ids and acceptances
 *   5 make the change to the conversation, by which readers see what is new in it and no more what is cut off
 *   6 take what has ended out of the shards, and what is finished out of the head
 *
 * The commit is the one point at which a write happens. Decisions of two gateways on the same version cannot both
 * be committed; the loser decides anew, and so does who decided to change nothing while somebody else did. Every
 * change of 4 and 5 is conditional on the item's own version being lower, and the write before was finished before
 * its successor was committed, so anyone may finish anyone's write, at any time, any number of times, also long
 * after: it changes nothing then.
 *
 * After a crash
 *   before the commit    nothing happened. What was staged is read by nobody; a record in the shards that names a
 *                        reply which never came to be is dropped by `owed()` once the user's version is past it.
 *   after it, up to 6    the write happened, though its caller never heard. The next read, write or `owed()` of
 *                        the user finds it in the head and finishes it before anything else. `owed()` finds it
 *                        because the record in the shards was there before the commit.
 *
 * A commit whose answer was lost, and which the client tried again, looks like a lost race. So the head holds the
 * tokens of its last commits, and who loses looks for its own there before it decides anew.
 */
import { randomUUID } from "node:crypto";
import type { DynamoDb } from "./database.ts";
import { DynamoDbError } from "./errors.ts";
import { type Change, condition } from "./expressions.ts";
import { HEAD, type ItemKey, owedKey } from "./keys.ts";
import type { UserQueues } from "./user-queues.ts";

/** Commits that are remembered: others would have to make as many between a commit and the look after it. */
const REMEMBERED_COMMITS = 16;
/** Of gateways that race for a user's next version one wins each time, so this many losses are no race. */
const ATTEMPTS = 64;

/** A change of one item of the user. */
export interface UserChange extends Change {
  readonly sk: string;
}

/** An item that is written before the commit, for nobody to read until then. */
export interface Staged {
  readonly key: ItemKey;
  readonly set: object;
}

/** What a write changes. */
export interface Changes {
  readonly staged?: readonly Staged[];
  /** On messages, ids and acceptances. */
  readonly items: readonly UserChange[];
  /** On the conversation, which shows the others. */
  readonly conversation?: UserChange;
  /** A reply that ended. */
  readonly ended?: string;
}

/** What a write comes to: its result, with changes or without; or an error that it rejects with. */
export type Decision<Result> =
  | { readonly result: Result; readonly changes?: Changes }
  | { readonly refusal: Error };

/** The write that is being decided: the version it will be, and a token that no other write has. */
export interface Writing {
  readonly version: number;
  readonly token: string;
}

type Unfinished = Omit<Changes, "staged">;

interface Head {
  readonly version: number;
  readonly recent: readonly string[];
  readonly unfinished?: Unfinished;
}

const NO_HEAD: Head = { version: 0, recent: [] };

/** The log of one user: all that is read and written of them goes through it. */
export class UserLog {
  readonly #db: DynamoDb;
  readonly #queues: UserQueues;
  readonly #pk: string;

  constructor(db: DynamoDb, queues: UserQueues, pk: string) {
    this.#db = db;
    this.#queues = queues;
    this.#pk = pk;
  }

  /** What `query` reads, with every write in it that was committed before. `query` may run twice. */
  async read<Result>(query: () => Promise<Result>): Promise<Result> {
    const [head, result] = await Promise.all([this.#head(), query()]);
    if (head.unfinished === undefined) return result;
    await this.#finish(head.version, head.unfinished);
    return query();
  }

  /** Finishes what is not. @returns the version up to which all is done */
  async settle(): Promise<number> {
    const { version, unfinished } = await this.#head();
    if (unfinished !== undefined) await this.#finish(version, unfinished);
    return version;
  }

  /**
   * Decides and writes, as if nobody else did meanwhile. `decide` may run several times.
   *
   * @throws {@link DynamoDbError} `busy` where others never let it through
   */
  write<Result>(decide: (writing: Writing) => Promise<Decision<Result>>): Promise<Result> {
    return this.#queues.run(this.#pk, () => this.#write(decide));
  }

  async #write<Result>(decide: (writing: Writing) => Promise<Decision<Result>>): Promise<Result> {
    const token = randomUUID();
    let tried: { readonly result: Result } | null = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const head = await this.#head();
      if (head.unfinished !== undefined) await this.#finish(head.version, head.unfinished);
      if (tried !== null && head.recent.includes(token)) return tried.result;
      const version = head.version + 1;
      const decision = await decide({ version, token });
      if ("refusal" in decision || decision.changes === undefined) {
        if ((await this.#head()).version !== head.version) continue;
        if ("refusal" in decision) throw decision.refusal;
        return decision.result;
      }
      const { staged = [], ...changes } = decision.changes;
      await Promise.all(staged.map(({ key, set }) => this.#set(key, { set }, version)));
      tried = decision;
      if (await this.#commit(head, token, changes)) {
        await this.#finish(version, changes);
        return decision.result;
      }
    }
    throw new DynamoDbError("busy", "others wrote the same user again and again");
  }

  async #head(): Promise<Head> {
    return (await this.#db.get<Head>({ pk: this.#pk, sk: HEAD })) ?? NO_HEAD;
  }

  #commit({ version, recent }: Head, token: string, unfinished: Unfinished): Promise<boolean> {
    const set = {
      version: version + 1,
      recent: [...recent, token].slice(-REMEMBERED_COMMITS),
      unfinished,
    } satisfies Head;
    const unchanged =
      version === 0
        ? condition("attribute_not_exists(#version)")
        : condition("#version = :before", { before: version });
    return this.#db.update({ pk: this.#pk, sk: HEAD }, { set }, unchanged);
  }

  async #finish(version: number, { items, conversation, ended }: Unfinished): Promise<void> {
    await Promise.all(items.map(({ sk, ...change }) => this.#set({ pk: this.#pk, sk }, change, version)));
    if (conversation !== undefined) {
      const { sk, ...change } = conversation;
      await this.#set({ pk: this.#pk, sk }, change, version);
    }
    if (ended !== undefined) {
      await this.#db.delete(owedKey(this.#pk, ended), condition("attribute_exists(#pk)"));
    }
    await this.#db.update(
      { pk: this.#pk, sk: HEAD },
      { set: {}, remove: ["unfinished"] },
      condition("#version = :version", { version }),
    );
  }

  /** Changes an item that no later version has changed. That one has is no failure: then this was done before. */
  async #set(key: ItemKey, { set, remove }: Change, version: number): Promise<void> {
    await this.#db.update(
      key,
      { set: { ...set, v: version }, remove },
      condition("attribute_not_exists(#v) OR #v < :before", { before: version }),
    );
  }
}
