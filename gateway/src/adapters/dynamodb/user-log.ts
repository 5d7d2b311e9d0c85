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
 * A user who is erased
 *   The commit of an erasure puts it into the head, where it stays: nothing can be committed after it, and all that
 *   is read and written is of the user's next era, which has a partition of its own. So who finishes a write of the
 *   former era late, or had staged something for it, only leaves something that nobody reads, and that is purged.
 *
 * A commit whose answer was lost, and which the client tried again, looks like a lost race. So the head holds the
 * tokens of its last commits, and who loses looks for its own there before it decides anew.
 */
import { randomUUID } from "node:crypto";
import type { Erasure } from "../../ports/records.ts";
import type { DynamoDb } from "./database.ts";
import { DynamoDbError } from "./errors.ts";
import { type Change, type Condition, condition } from "./expressions.ts";
import { HEAD, type ItemKey, keptKey, keptSince, owedKey } from "./keys.ts";
import type { User } from "./operations/user.ts";
import type { UserQueues } from "./user-queues.ts";

/** Commits that are remembered: others would have to make as many between a commit and the look after it. */
const REMEMBERED_COMMITS = 16;
/** Conversations of which is known that they were cleared lately. */
const CLEARED_KNOWN = 10;
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

/** A conversation that was cleared, and when. */
export interface Cleared {
  readonly conversation: string;
  readonly at: number;
}

/** What a write changes. */
export interface Changes {
  readonly staged?: readonly Staged[];
  /** On messages, ids and acceptances. */
  readonly items: readonly UserChange[];
  /** On the conversation, which shows the others. */
  readonly conversation?: UserChange;
  /** That a conversation was cleared: the last of those are known by the head alone. */
  readonly cleared?: Cleared;
  /** A reply that ended. */
  readonly ended?: string;
  /** Items that go; one that a later write has made anew stays. */
  readonly gone?: readonly string[];
  /** When something was said, milliseconds since 1970: the user is listed as kept since then, if not since earlier. */
  readonly said?: number;
  /** The time since when the user is listed from now on; null takes them off the list. */
  readonly listed?: number | null;
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

type Unfinished = Omit<Changes, "staged" | "said" | "listed" | "cleared">;

/** The first item of a user's partition. */
export interface Head {
  readonly version: number;
  readonly recent: readonly string[];
  readonly unfinished?: Unfinished;
  /** Key of the item that lists the user as kept. */
  readonly listed?: string;
  /** Conversations that were cleared last, latest first. */
  readonly cleared?: readonly Cleared[];
  /** The erasure that ended the era. */
  readonly erased?: Pick<Erasure, "id" | "by" | "begunAt">;
  readonly erasedAt?: number;
}

/** The era that was read or written is over: its user is being erased, or was. */
export class EraOver extends Error {
  readonly head: Head;

  constructor(head: Head) {
    super("the user is being erased, or was");
    this.name = "EraOver";
    this.head = head;
  }
}

const NO_HEAD: Head = { version: 0, recent: [] };

/** The log of one user: all that is read and written of them goes through it. */
export class UserLog {
  readonly #db: DynamoDb;
  readonly #queues: UserQueues;
  readonly #user: User;
  readonly #pk: string;

  constructor(user: User, queues: UserQueues) {
    this.#db = user.db;
    this.#queues = queues;
    this.#user = user;
    this.#pk = user.pk;
  }

  /**
   * What `query` reads, with every write in it that was committed before. `query` may run twice.
   *
   * @throws {@link EraOver}, as all that follows
   */
  async read<Result>(query: () => Promise<Result>): Promise<Result> {
    const [head, result] = await Promise.all([this.#head(), query()]);
    if (head.unfinished === undefined) return result;
    await this.#finish(head.version, head.unfinished);
    return query();
  }

  /** The conversations that were cleared last, latest first. */
  async cleared(): Promise<readonly Cleared[]> {
    return (await this.#head()).cleared ?? [];
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
      const {
        staged = [],
        said,
        listed = isListed(head, said) ? undefined : said,
        cleared,
        ...changes
      } = decision.changes;
      const listing = typeof listed === "number" ? [this.#listing(listed)] : [];
      await Promise.all([...staged, ...listing].map(({ key, set }) => this.#set(key, { set }, version)));
      tried = decision;
      const list = listed === undefined ? undefined : (listing[0]?.key.sk ?? null);
      if (await this.#commit(head, token, changes, { listed: list, cleared })) {
        await this.#finish(version, changes);
        return decision.result;
      }
    }
    throw new DynamoDbError("busy", "others wrote the same user again and again");
  }

  /** Ends the era, durably. @returns the head of the era, ended now or before */
  erase(erased: Required<Head>["erased"]): Promise<Head> {
    return this.#queues.run(this.#pk, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const head = await headOf(this.#db, this.#pk);
        if (head.erased !== undefined) return head;
        const { version } = head;
        const set = { version: version + 1, erased };
        await this.#db.update({ pk: this.#pk, sk: HEAD }, { set, remove: ["unfinished"] }, isStill(version));
      }
      throw new DynamoDbError("busy", "others wrote the same user again and again");
    });
  }

  async #head(): Promise<Head> {
    const head = await headOf(this.#db, this.#pk);
    if (head.erased !== undefined) throw new EraOver(head);
    return head;
  }

  #listing(since: number): Staged {
    const { scope, era } = this.#user;
    return { key: keptKey(scope, era, since), set: { tenant: scope.tenant, user: scope.user, era } };
  }

  #commit(
    { version, recent, cleared: before = [] }: Head,
    token: string,
    unfinished: Unfinished,
    { listed, cleared }: { listed: string | null | undefined; cleared: Cleared | undefined },
  ): Promise<boolean> {
    const set = {
      version: version + 1,
      recent: [...recent, token].slice(-REMEMBERED_COMMITS),
      unfinished,
      ...(typeof listed === "string" ? { listed } : {}),
      ...(cleared === undefined ? {} : { cleared: [cleared, ...before].slice(0, CLEARED_KNOWN) }),
    } satisfies Head;
    const remove = listed === null ? ["listed", "cleared"] : [];
    return this.#db.update({ pk: this.#pk, sk: HEAD }, { set, remove }, isStill(version));
  }

  async #finish(version: number, { items, conversation, ended, gone = [] }: Unfinished): Promise<void> {
    await Promise.all(items.map(({ sk, ...change }) => this.#set({ pk: this.#pk, sk }, change, version)));
    if (conversation !== undefined) {
      const { sk, ...change } = conversation;
      await this.#set({ pk: this.#pk, sk }, change, version);
    }
    const older = condition("#v < :version", { version });
    await Promise.all(gone.map((sk) => this.#db.delete({ pk: this.#pk, sk }, older)));
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

/** The head of a partition. */
export async function headOf(db: DynamoDb, pk: string): Promise<Head> {
  return (await db.get<Head>({ pk, sk: HEAD })) ?? NO_HEAD;
}

/** Whether the user is listed as kept since that time, or since earlier. */
function isListed({ listed }: Head, said: number | undefined): boolean {
  return listed !== undefined && (said === undefined || listed < `${keptSince(said)}$`);
}

function isStill(version: number): Condition {
  return version === 0
    ? condition("attribute_not_exists(#version)")
    : condition("#version = :before", { before: version });
}
