import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Peers } from "../../../src/delivery/cluster/peers.ts";
import { type ManualClock, manualClock } from "../../ports/support/manual-clock.ts";

const BEAT = 1_000;

describe("what an instance tells others", () => {
  let clock: ManualClock;
  let peers: Peers;
  let sent: { to: string; n: number; carries: number }[];

  beforeEach(() => {
    jest.useFakeTimers();
    clock = manualClock();
    sent = [];
    peers = new Peers({
      self: "here",
      clock,
      ids: { next: () => "an-id" },
      bus: {
        receive: async () => undefined,
        async send(to, text) {
          const { n, m } = JSON.parse(text) as { n: number; m: unknown[] };
          sent.push({ to, n, carries: m.length });
        },
        onBack: () => () => undefined,
        close: async () => undefined,
      },
      handlers: {
        message: () => undefined,
        request: async () => "yes",
        lost: () => undefined,
        back: () => undefined,
        failed: (error) => {
          throw error;
        },
      },
    });
  });
  afterEach(() => {
    peers.close();
    jest.useRealTimers();
  });

  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await jest.advanceTimersByTimeAsync(milliseconds);
  };

  test("of one turn of the event loop goes to each in one piece, in order, and numbered", async () => {
    for (let reply = 0; reply < 50; reply++) {
      peers.tell("left", { t: "detach", r: `l-${reply}` });
      peers.tell("right", { t: "detach", r: `r-${reply}` });
    }
    expect(sent).toEqual([]);
    await pass(0);
    expect(sent).toEqual([
      { to: "left", n: 1, carries: 50 },
      { to: "right", n: 1, carries: 50 },
    ]);
    peers.tell("left", { t: "detach", r: "one-more" });
    await pass(0);
    expect(sent.slice(2)).toEqual([{ to: "left", n: 2, carries: 1 }]);
  });

  test("is told again by its number alone, each second, for five seconds after the last word", async () => {
    peers.tell("left", { t: "detach", r: "a-reply" });
    await pass(0);
    for (let second = 0; second < 60; second++) await pass(BEAT);
    const [word, ...beats] = sent;
    expect(word).toEqual({ to: "left", n: 1, carries: 1 });
    expect(beats).toEqual(Array(5).fill({ to: "left", n: 1, carries: 0 }));
  });

  test("is nothing, where there is nothing to tell", async () => {
    for (let second = 0; second < 60; second++) await pass(BEAT);
    expect(sent).toEqual([]);
    expect(peers.published).toBe(0);
  });
});
