import { beforeEach, describe, expect, test } from "@jest/globals";
import { createMemoryBudgets } from "../../../src/adapters/memory/budgets.ts";
import { createMemoryLimiter } from "../../../src/adapters/memory/limiter.ts";
import { createTokenBudget } from "../../../src/limits/token-budget.ts";
import { createTurnReservations, type TurnReservations } from "../../../src/limits/turn-reservations.ts";
import type { Limiter, TurnLimits } from "../../../src/ports/limiter.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

const NONE: TurnLimits = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };
const ADA = scopeOf("acme", "ada");
const NOTHING_OPEN = { forUser: () => ({ openReplies: async () => [] }) };
const BOB = scopeOf("acme", "bob");

describe("reservations of turns", () => {
  let limiter: Limiter;
  let reservations: TurnReservations;
  let usage: () => Promise<never[]>;
  beforeEach(() => {
    const clock = manualClock();
    usage = async () => [];
    limiter = createMemoryLimiter({ clock });
    const store = {
      add: async () => undefined,
      read: () => usage(),
      addOfSiteKey: async () => undefined,
      ofSiteKey: async () => 0,
    };
    const budget = createTokenBudget({
      budgets: createMemoryBudgets({ clock }),
      usage: { forTenant: () => store },
      clock,
    });
    reservations = createTurnReservations({ limiter, budget, archive: NOTHING_OPEN, clock });
  });

  const reserve = (
    reservation: string,
    wanted: {
      scope?: typeof ADA;
      limits?: Partial<TurnLimits>;
      ceilings?: Partial<TurnLimits>;
      tokensPerMonth?: number;
    },
  ) =>
    reservations.reserve({
      scope: wanted.scope ?? ADA,
      reservation,
      conversation: "conversation",
      limits: { ...NONE, ...wanted.limits },
      ceilings: { ...NONE, ...wanted.ceilings },
      budget: { tenant: ADA.tenant, tokensPerMonth: wanted.tokensPerMonth ?? null, key: null },
      tokens: 100,
    });

  test("say whose limit it is that refuses, and for how long", async () => {
    await reserve("1", { limits: { messagesPerMinute: 1 }, ceilings: { messagesPerMinute: 1 } });
    expect(await reserve("2", { limits: { messagesPerMinute: 1 } })).toEqual({
      code: "RATE_LIMITED",
      message: "too many messages of yours this minute; try again in 60 s",
      retryAfter: 60,
    });
    expect(await reserve("3", { scope: BOB, ceilings: { messagesPerMinute: 1 } })).toEqual({
      code: "RATE_LIMITED",
      message: "too many messages of all users of this site this minute; try again in 60 s",
      retryAfter: 60,
    });
  });

  test("count users' conversations apart, though they are called the same", async () => {
    const ceilings = { concurrentStreams: 1 };
    expect(await reserve("1", { ceilings })).toBeNull();
    expect(await reserve("2", { ceilings })).toBeNull();
    expect(await reserve("3", { scope: BOB, ceilings })).toMatchObject({ code: "CONCURRENCY_LIMITED" });
    await reservations.finish(ADA, "1");
    await reservations.finish(ADA, "2");
    expect(await reserve("3", { scope: BOB, ceilings })).toBeNull();
  });

  test("take nothing of the user's where the tenant's refuse, and nothing of the tenant's where the budget does", async () => {
    const limits = { messagesPerMinute: 1 };
    const ceilings = { messagesPerMinute: 2 };
    expect(await reserve("1", { scope: BOB, ceilings: { messagesPerMinute: 1 } })).toBeNull();
    expect(await reserve("2", { limits, ceilings: { messagesPerMinute: 1 } })).toMatchObject({
      code: "RATE_LIMITED",
    });
    expect(await reserve("3", { limits, ceilings, tokensPerMonth: 0 })).toMatchObject({
      code: "BUDGET_EXHAUSTED",
    });
    expect(await reserve("4", { limits, ceilings })).toBeNull();
    expect(await reserve("5", { scope: BOB, ceilings })).toMatchObject({ code: "RATE_LIMITED" });
  });

  test("take nothing where one of the stores fails", async () => {
    usage = () => Promise.reject(new Error("away"));
    const limits = { messagesPerMinute: 1, concurrentStreams: 1 };
    await expect(reserve("1", { limits, ceilings: limits, tokensPerMonth: 1 })).rejects.toThrow("away");
    expect(await reserve("2", { limits, ceilings: limits })).toBeNull();
  });

  test("that are given back twice are given back once", async () => {
    const ceilings = { messagesPerMinute: 2 };
    await reserve("1", { ceilings });
    await reserve("2", { scope: BOB, ceilings });
    await reservations.giveBack(ADA, "1");
    await reservations.giveBack(ADA, "1");
    expect(await reserve("3", { ceilings })).toBeNull();
    expect(await reserve("4", { ceilings })).toMatchObject({ code: "RATE_LIMITED" });
  });
});
