import { describe, expect, test } from "@jest/globals";
import type { VisitorFamily } from "../../../src/ports/visitor-families.ts";
import { endFamily, judgeToken } from "../../../src/tenants/visitor-families.ts";

const START = 1_700_000_000_000;
const MINUTE = 60_000;

/** Plays uses of tokens, each `[token, minute]`, and tells each outcome and the token to go on with. */
function play(uses: readonly (readonly [token: number, minute: number])[]): (string | number)[] {
  let family: VisitorFamily | null = null;
  return uses.map(([token, minute]) => {
    const verdict = judgeToken(family, token, START + minute * MINUTE);
    if (verdict.outcome === "dead") return "dead";
    family = verdict.family ?? family;
    return verdict.outcome === "good" ? verdict.next : "reused";
  });
}

describe("a visitor's token", () => {
  test.each<[string, (readonly [number, number])[], (string | number)[]]>([
    [
      "is replaced each time",
      [
        [1, 0],
        [2, 60],
        [3, 600],
      ],
      [2, 3, 4],
    ],
    [
      "stays good as long as its successor was not used: the answer may have been lost",
      [
        [1, 0],
        [1, 5],
        [1, 50_000],
      ],
      [2, 2, 2],
    ],
    [
      "stays good for ten minutes after its successor was used: another tab may hold it",
      [
        [1, 0],
        [2, 100],
        [1, 109.9],
        [3, 110],
      ],
      [2, 3, 3, 4],
    ],
    [
      "that comes back later than that ends the family, the latest token too",
      [
        [1, 0],
        [2, 100],
        [1, 110],
        [3, 111],
        [1, 112],
      ],
      [2, 3, "reused", "dead", "dead"],
    ],
    [
      "of a thief who was first is found out by its owner",
      [
        [1, 0],
        [2, 30],
        [2, 31],
        [3, 45],
        [4, 60],
        [2, 60],
      ],
      [2, 3, 3, 4, 5, "reused"],
    ],
    ["that was never given out is nothing", [[2, 0]], ["dead"]],
    ["of before the first is nothing", [[0, 0]], ["dead"]],
  ])("%s", (_what, uses, outcomes) => {
    expect(play(uses)).toEqual(outcomes);
  });

  test("used every second keeps its grace, and never ends its own family", () => {
    let family: VisitorFamily | null = null;
    for (let token = 1; token <= 500; token++) {
      const verdict = judgeToken(family, token, START + token * 1_000);
      if (verdict.outcome !== "good") throw new Error(`token ${token}: ${verdict.outcome}`);
      family = verdict.family ?? family;
    }
    const now = START + 501_000;
    expect(judgeToken(family, 450, now)).toMatchObject({ outcome: "good", next: 501 });
    expect(judgeToken(family, 2, now).outcome).toBe("dead");
    expect(family?.uses.length).toBeLessThanOrEqual(128);
  });

  test("of a visitor who became a user, or was erased, holds no more, and is no theft", () => {
    const ended = endFamily(null, { reason: "erased", at: START });
    expect(judgeToken(ended, 1, START + 1)).toEqual({ outcome: "dead" });
    expect(ended).toMatchObject({ revision: 1, current: 1 });
  });

  test("lives 180 days from its last use", () => {
    const verdict = judgeToken(null, 1, START);
    expect(verdict).toMatchObject({ family: { expiresAt: START + 180 * 24 * 60 * MINUTE, revision: 1 } });
  });
});
