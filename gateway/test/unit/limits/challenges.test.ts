import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { createMemoryAddressLimiter } from "../../../src/adapters/memory/address-limiter.ts";
import { createSystemRandomness } from "../../../src/adapters/system/randomness.ts";
import { createChallenges, type ShownChallenge } from "../../../src/limits/challenges.ts";
import { type OutsideAnswer, OutsideRefused } from "../../../src/ports/outside-fetch.ts";
import type { Challenge, SiteKeyRecord, TenantRecord } from "../../../src/ports/registry-store.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";

const SITE = { id: "s1", tenant: "acme" } as SiteKeyRecord;
const OTHER_SITE = { id: "s2", tenant: "acme" } as SiteKeyRecord;
const tenantWith = (challenge: Challenge): TenantRecord => ({ id: "acme", challenge }) as TenantRecord;
const WORK = tenantWith({ kind: "proof-of-work", difficulty: 8 });
const KEY = randomBytes(32);

function setUp(keys = [KEY], answer: () => OutsideAnswer = () => ({ status: 200, body: "{}" })) {
  const clock = manualClock();
  const posted: Record<string, string>[] = [];
  const challenges = createChallenges({
    keys,
    clock,
    limiter: createMemoryAddressLimiter({ clock }),
    randomness: createSystemRandomness(),
    outside: {
      get: () => Promise.reject(new OutsideRefused("nothing is to be got")),
      postForm: async (_url, fields) => {
        posted.push({ ...fields });
        return answer();
      },
    },
  });
  return { clock, challenges, posted };
}

function solve(shown: ShownChallenge | null, satisfied = true): { nonce: string; answer: string } {
  if (shown?.kind !== "proof-of-work") throw new Error("no work is asked for");
  for (let answer = 0; ; answer++) {
    const head = createHash("sha256").update(`${shown.nonce}:${answer}`).digest().readUInt32BE(0);
    if (Math.clz32(head) >= shown.difficulty === satisfied)
      return { nonce: shown.nonce, answer: `${answer}` };
  }
}

describe("a proof of work", () => {
  const holds = (
    { challenges }: ReturnType<typeof setUp>,
    answer: { nonce: string; answer: string },
    tenant = WORK,
    site = SITE,
  ): Promise<boolean> => challenges.holds(tenant, site, answer, "192.0.2.1");

  test("holds once", async () => {
    const gate = setUp();
    const answer = solve(gate.challenges.make(WORK, SITE));
    expect(await holds(gate, answer)).toBe(true);
    expect(await holds(gate, answer)).toBe(false);
  });

  test("does not hold where it is too little, too late, another site's, altered or made up", async () => {
    const gate = setUp();
    const shown = gate.challenges.make(WORK, SITE);
    const answer = solve(shown);
    expect(await holds(gate, solve(shown, false))).toBe(false);
    expect(await holds(gate, answer, WORK, OTHER_SITE)).toBe(false);
    expect(await holds(gate, answer, tenantWith({ kind: "proof-of-work", difficulty: 7 }))).toBe(false);
    expect(await holds(gate, { ...answer, nonce: answer.nonce.replace(/^\d/, "9") })).toBe(false);
    expect(await holds(gate, { nonce: "9999999999.abc.def", answer: "0" })).toBe(false);
    expect(await holds(gate, { nonce: "", answer: "" })).toBe(false);
    gate.clock.advance(301_000);
    expect(await holds(gate, answer)).toBe(false);
  });

  test("holds while the platform's secret is being replaced", async () => {
    const answer = solve(setUp().challenges.make(WORK, SITE));
    expect(await holds(setUp([randomBytes(32), KEY]), answer)).toBe(true);
    expect(await holds(setUp([randomBytes(32)]), answer)).toBe(false);
  });
});

describe("a challenge of another service", () => {
  const turnstile = tenantWith({
    kind: "turnstile",
    siteKey: "1x00",
    secret: "the secret",
    verifyUrl: "https://challenges.example/siteverify",
  });

  test("shows its site key, and never its secret", () => {
    expect(setUp().challenges.make(turnstile, SITE)).toEqual({ kind: "turnstile", siteKey: "1x00" });
  });

  test.each([
    [200, '{"success":true}', true],
    [200, '{"success":false}', false],
    [200, '{"success":"true"}', false],
    [200, "<html>", false],
    [500, '{"success":true}', false],
  ])("asks the service, which says %i %s: %s", async (status, body, held) => {
    const { challenges, posted } = setUp([KEY], () => ({ status, body }));
    expect(await challenges.holds(turnstile, SITE, { token: "from the page" }, "192.0.2.1")).toBe(held);
    expect(posted).toEqual([{ secret: "the secret", response: "from the page", remoteip: "192.0.2.1" }]);
  });

  test("without an answer asks nobody, and where nobody answers it is not known", async () => {
    const { challenges, posted } = setUp([KEY], () => {
      throw new OutsideRefused("challenges.example cannot be asked");
    });
    expect(await challenges.holds(turnstile, SITE, { nonce: "x" }, "192.0.2.1")).toBe(false);
    expect(posted).toEqual([]);
    await expect(challenges.holds(turnstile, SITE, { token: "t" }, "192.0.2.1")).rejects.toThrow(
      OutsideRefused,
    );
  });
});

test("a tenant that asks for nothing lets everybody in", async () => {
  const { challenges } = setUp();
  const open = tenantWith({ kind: "none" });
  expect(challenges.make(open, SITE)).toBeNull();
  expect(await challenges.holds(open, SITE, {}, "192.0.2.1")).toBe(true);
});
