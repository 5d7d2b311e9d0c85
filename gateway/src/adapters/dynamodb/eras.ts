import type { Erasure } from "../../ports/records.ts";
import type { Scope } from "../../ports/scope.ts";
import type { DynamoDb } from "./database.ts";
import { userKey } from "./keys.ts";
import type { User } from "./operations/user.ts";
import { EraOver, type Head, headOf, UserLog } from "./user-log.ts";
import type { UserQueues } from "./user-queues.ts";

/** A user between two erasures. */
export interface Era {
  readonly user: User;
  readonly log: UserLog;
  /** The erasure before, finished or not; null in the first era. Its counts are not in it. */
  readonly erasure: Erasure | null;
}

/** Finds the era in which a user is: the first that no erasure has ended. Nearly everyone is in their first. */
export class Eras {
  readonly #db: DynamoDb;
  readonly #queues: UserQueues;

  constructor(db: DynamoDb, queues: UserQueues) {
    this.#db = db;
    this.#queues = queues;
  }

  /** An era by its number. */
  open({ tenant, user }: Scope, era: number, erasure: Erasure | null = null): Era {
    const scope = { tenant, user };
    const opened: User = { db: this.#db, scope, era, pk: userKey(scope, era) };
    return { user: opened, log: new UserLog(opened, this.#queues), erasure };
  }

  /** Does something in the user's era, and again in the next one where that was over. */
  async run<Result>(scope: Scope, work: (era: Era) => Promise<Result>): Promise<Result> {
    let era = this.open(scope, 0);
    for (;;) {
      try {
        return await work(era);
      } catch (error) {
        if (!(error instanceof EraOver)) throw error;
        era = this.open(scope, era.user.era + 1, erasureOf(error.head));
      }
    }
  }

  /** The eras of a user that have ended, with their heads, first to last, and the head of the one that has not. */
  async *all(scope: Scope): AsyncGenerator<{ era: Era; head: Head }> {
    let erasure: Erasure | null = null;
    for (let number = 0; ; number++) {
      const era = this.open(scope, number, erasure);
      const head = await headOf(this.#db, era.user.pk);
      yield { era, head };
      erasure = erasureOf(head);
      if (erasure === null) return;
    }
  }
}

/** The erasure that ended an era, as its head holds it, or null. */
export function erasureOf(head: Head): Erasure | null {
  const { erased, erasedAt = null } = head;
  if (erased === undefined) return null;
  const counts: Record<string, number> = {};
  for (const [field, value] of Object.entries(head)) {
    if (field.startsWith(COUNTS)) counts[field.slice(COUNTS.length)] = value as number;
  }
  return { ...erased, erasedAt, counts };
}

/** What the fields of a head begin with that count what was erased. */
export const COUNTS = "erased_";

/** Whether what began at a time is too late: the user is being erased, or was since. */
export function erasedSince({ erasure }: Era, since: number): boolean {
  return erasure !== null && (erasure.erasedAt === null || erasure.erasedAt >= since);
}
