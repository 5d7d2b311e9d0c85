import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { createMemoryConversationLeases } from "../../../src/adapters/memory/conversation-leases.ts";
import { LeaseKeeper } from "../../../src/delivery/cluster/lease-keeper.ts";
import type { ConversationLeases } from "../../../src/ports/conversation-leases.ts";
import { type ManualClock, manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

const RENEW_EVERY = 2_000;

describe("a lease", () => {
  const scope = scopeOf("acme", "ada");
  let clock: ManualClock;
  let store: ConversationLeases;
  let away: boolean;
  let failures: number;
  let holdUps: number[];
  let keeper: LeaseKeeper;

  beforeEach(async () => {
    jest.useFakeTimers();
    clock = manualClock();
    store = createMemoryConversationLeases({ clock });
    away = false;
    failures = 0;
    holdUps = [];
    keeper = new LeaseKeeper({
      leases: {
        ...store,
        acquire: async (...wanted) => {
          const answer = await store.acquire(...wanted);
          for (const milliseconds of holdUps.splice(0, 1)) clock.advance(milliseconds);
          return answer;
        },
        renew: (...held) => (away ? Promise.reject(new Error("away")) : store.renew(...held)),
      },
      self: "here",
      clock,
      lost: () => undefined,
      failed: () => failures++,
    });
    await keeper.acquire(scope, "talk", 0);
  });
  afterEach(() => {
    keeper.close();
    jest.useRealTimers();
  });

  /** Lets so many renewals come due. */
  const renewals = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done++) {
      clock.advance(RENEW_EVERY);
      await jest.advanceTimersByTimeAsync(RENEW_EVERY);
    }
  };

  test("whose answer came when it had run out is asked for again", async () => {
    holdUps = [9_000];
    expect(await keeper.acquire(scope, "late", 0)).toMatchObject({ mine: true, epoch: 2 });
    expect(keeper.trusted(scope, "late")).toBe(true);
  });

  test("that cannot be renewed is held on while the store is away, since nobody else can have it", async () => {
    away = true;
    await renewals(30);
    expect(failures).toBe(30);
    expect(keeper.trusted(scope, "talk")).toBe(true);
  });

  test("that cannot be renewed is not trusted after a hold-up in which it ran out, whatever fails afterwards", async () => {
    away = true;
    await renewals(1);
    clock.advance(9_000);
    expect(keeper.trusted(scope, "talk")).toBe(false);
    await renewals(1);
    expect(failures).toBe(2);
    expect(keeper.trusted(scope, "talk")).toBe(false);
  });
});
