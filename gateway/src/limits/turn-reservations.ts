import type { OwedReply, UserArchive } from "../ports/archive.ts";
import type { Admission, LimitedParty, Limiter, TurnLimits } from "../ports/limiter.ts";
import type { Scope } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { Exhausted, TokenBudget, TurnBudget } from "./token-budget.ts";

/** Milliseconds between holds of a turn that is being taken: it is forgotten soon where its instance dies, and not while that lives. */
export const HOLD_EVERY = 3_000;
/** Seconds for which a turn is held while it is being taken, and once it was. */
const TAKING = 10;
const ANSWERING = 900;

/** What a turn must get before it is taken. */
export interface WantedTurn {
  readonly scope: Scope;
  /** Names all that is held for it, wherever that is. */
  readonly reservation: string;
  readonly conversation: string;
  /** What each user may do. */
  readonly limits: TurnLimits;
  /** What all users of the tenant may do together. */
  readonly ceilings: TurnLimits;
  readonly budget: TurnBudget;
  /** Tokens that it may take, as far as can be said before. */
  readonly tokens: number;
}

/** Why a turn is not taken: words that say whose limit it is, and whole seconds until a try can succeed. */
export interface LimitRefusal {
  readonly code: "RATE_LIMITED" | "CONCURRENCY_LIMITED" | "BUDGET_EXHAUSTED";
  readonly message: string;
  readonly retryAfter: number;
}

/** What turns hold of their user's limits, of their tenant's, and of budgets. */
export interface TurnReservations {
  /** Takes all that a turn needs, or says why not; a refusal holds nothing. */
  reserve(turn: WantedTurn): Promise<LimitRefusal | null>;
  /** The turn is being taken still: {@link HOLD_EVERY}. One that counted no more, because its instance was held up, does again. */
  hold(turn: WantedTurn): Promise<void>;
  /** The turn was taken: it counts until `finish`, as with `hold`. */
  keep(turn: WantedTurn): Promise<void>;
  /** The same of a turn that another instance took, and that goes on here. */
  keepOwed(owed: OwedReply): Promise<void>;
  /** The turn was not taken after all: everything is as if it had never been reserved. Twice is once. */
  giveBack(scope: Scope, reservation: string): Promise<void>;
  /** The reply has ended: its streams are free. What it took of budgets is settled where its usage is booked. Twice is once. */
  finish(scope: Scope, reservation: string): Promise<void>;
}

const USER_WORDS = {
  messagesPerMinute: "too many messages of yours this minute",
  messagesPerHour: "too many messages of yours this hour",
  concurrentStreams: "too many answers to you at once",
} as const;

const TENANT_WORDS = {
  messagesPerMinute: "too many messages of all users of this site this minute",
  messagesPerHour: "too many messages of all users of this site this hour",
  concurrentStreams: "too many answers to all users of this site at once",
} as const;

/**
 * Reserves turns: first with the user's own limits, then with the tenant's, since these lie in different slots of a
 * cluster and nothing spans both. If the second refuses, the first is given back by the reservation's name.
 *
 * An instance may die when an answer's end is stored and its streams are not free yet. Who is refused for streams is
 * judged again without those.
 */
export function createTurnReservations(options: {
  limiter: Limiter;
  budget: TokenBudget;
  archive: { forUser(scope: Scope): Pick<UserArchive, "openReplies"> };
  clock: Clock;
}): TurnReservations {
  const { limiter, budget, archive, clock } = options;

  const ofTenant = async (turn: WantedTurn): Promise<LimitRefusal | null> => {
    const { scope, reservation, ceilings } = turn;
    if (areSet(ceilings)) {
      const stream = streamOfTenant(scope, turn.conversation);
      const admission = await limiter.admit({ ...allOf(scope), reservation, stream, limits: ceilings });
      if (!admission.admitted) return refusalOf(admission, TENANT_WORDS);
    }
    const exhausted = await budget.reserve(turn.budget, reservation, turn.tokens);
    return exhausted === null ? null : exhaustedBudget(exhausted, clock.now());
  };

  const giveBack = async (scope: Scope, reservation: string): Promise<void> => {
    await Promise.all([
      limiter.release(scope, reservation),
      limiter.release(allOf(scope), reservation),
      budget.settle(scope.tenant, reservation, 0),
    ]);
  };

  const hold = async (turn: WantedTurn, seconds: number): Promise<void> => {
    const { scope, reservation, conversation, tokens } = turn;
    const held = { reservation, seconds };
    const ofAll = { ...allOf(scope), ...held, stream: streamOfTenant(scope, conversation) };
    await Promise.all([
      limiter.hold({ ...partyOf(scope), ...held, stream: conversation }),
      areSet(turn.ceilings) ? limiter.hold(ofAll) : undefined,
      budget.hold(turn.budget, { ...held, tokens }),
    ]);
  };

  const finish = async (scope: Scope, reservation: string): Promise<void> => {
    // Whoever ends a reply, also of an instance that died, frees both, whatever ceilings there are by now.
    await Promise.all([limiter.finish(scope, reservation), limiter.finish(allOf(scope), reservation)]);
  };

  /** Frees streams of answers that have ended. @returns whether there were any */
  const freeEnded = async (scope: Scope): Promise<boolean> => {
    // First these: what is held for so long was taken, and stands in the archive before that is read.
    const taken = await limiter.heldBeyond(scope, TAKING);
    if (taken.length === 0) return false;
    const open = new Set((await archive.forUser(scope).openReplies()).map(({ reply }) => reply));
    const ended = taken.filter((reservation) => !open.has(reservation));
    await Promise.all(ended.map((reservation) => finish(scope, reservation)));
    return ended.length > 0;
  };

  const ofUser = async ({ scope, reservation, conversation, limits }: WantedTurn): Promise<Admission> => {
    const request = { ...partyOf(scope), reservation, stream: conversation, limits };
    const admission = await limiter.admit(request);
    const streams = !admission.admitted && admission.limit === "concurrentStreams";
    return streams && (await freeEnded(scope)) ? limiter.admit(request) : admission;
  };

  return {
    async reserve(turn) {
      const { scope, reservation } = turn;
      const admission = await ofUser(turn);
      if (!admission.admitted) return refusalOf(admission, USER_WORDS);
      let reserved = false;
      try {
        const refusal = await ofTenant(turn);
        reserved = refusal === null;
        return refusal;
      } finally {
        if (!reserved) await giveBack(scope, reservation);
      }
    },
    hold: (turn) => hold(turn, TAKING),
    keep: (turn) => hold(turn, ANSWERING),
    async keepOwed({ reply: reservation, conversation, ...scope }) {
      const held = { reservation, seconds: ANSWERING };
      await Promise.all([
        limiter.hold({ ...partyOf(scope), ...held, stream: conversation }),
        limiter.hold({ ...allOf(scope), ...held, stream: streamOfTenant(scope, conversation) }),
        budget.holdOn(scope.tenant, reservation, ANSWERING),
      ]);
    },
    giveBack,
    finish,
  };
}

function partyOf({ tenant, user }: Scope): LimitedParty {
  return { tenant, user };
}

function areSet(limits: TurnLimits): boolean {
  return Object.values(limits).some((limit) => limit !== null);
}

/** Users' conversations may be called the same. */
function streamOfTenant({ user }: Scope, conversation: string): string {
  return JSON.stringify([user, conversation]);
}

/** All of the tenant's users together. */
function allOf({ tenant }: Scope): LimitedParty {
  return { tenant, user: null };
}

function refusalOf(
  { code, limit, retryAfter }: Extract<Admission, { admitted: false }>,
  words: Readonly<Record<keyof TurnLimits, string>>,
): LimitRefusal {
  return { code, message: `${words[limit]}; try again in ${retryAfter} s`, retryAfter };
}

function exhaustedBudget({ period, beginsAt }: Exhausted, now: number): LimitRefusal {
  const message =
    period === "month"
      ? `this site's answers of this month are used up; there are new ones from ${new Date(beginsAt).toISOString().slice(0, 10)} on`
      : "this site's answers of today are used up; please come back tomorrow";
  return {
    code: "BUDGET_EXHAUSTED",
    message,
    retryAfter: Math.max(1, Math.ceil((beginsAt - now) / 1000)),
  };
}
