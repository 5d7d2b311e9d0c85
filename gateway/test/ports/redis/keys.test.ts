import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { encodeId, redisKeys } from "../../../src/adapters/redis/keys.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";

/** Short strings of what keys are joined with, so that two often look alike; now and then any string at all. */
const id = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.constantFrom(
          ":",
          "{",
          "}",
          "%",
          "%3A",
          "%u",
          "d83d",
          "/",
          "..",
          "|",
          "#",
          " ",
          "🙂",
          "a",
          "recent",
        ),
        {
          maxLength: 3,
        },
      )
      .map((pieces) => pieces.join("")),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.nat(0xff_ff), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
  },
);
const scope = fc.tuple(id, id).map(([tenant, user]) => scopeOf(tenant, user));

const OF_CONVERSATIONS = [
  "recent",
  "session",
  "summary",
  "summaryClaim",
  "journal",
  "owner",
  "epoch",
] as const;
const OF_PARTIES = ["limits", "reservations", "reservationEnds", "streams"] as const;
const OF_USERS = [...OF_PARTIES, "presence"] as const;

const allKeys = (of: Scope, conversation: string): string[] => [
  ...OF_CONVERSATIONS.map((kind) => redisKeys[kind](of, conversation)),
  ...OF_USERS.map((kind) => redisKeys[kind](of)),
  redisKeys.answer(of.tenant, conversation),
];
const keysOfTenant = ({ tenant }: Scope): string[] =>
  OF_PARTIES.map((kind) => redisKeys[kind]({ tenant, user: null }));
/** What a cluster hashes: what stands between the first brace and the next. */
const hashTag = (key: string): string | undefined => /\{([^}]+)\}/u.exec(key)?.[1];

describe("names of keys", () => {
  test("are as the design says", () => {
    const of = scopeOf("acme", "mary@example.com");
    expect(redisKeys.recent(of, "c-1")).toBe("chat:{acme:mary%40example.com}:c-1:recent");
    expect(redisKeys.session(of, "c:1")).toBe("chat:{acme:mary%40example.com}:c%3A1:session");
    expect(redisKeys.summary(of, "c/1")).toBe("chat:{acme:mary%40example.com}:c%2F1:summary");
    expect(redisKeys.limits(of)).toBe("chat:{acme:mary%40example.com}:limits");
    expect(redisKeys.answer(of.tenant, "d")).toBe("chat:{acme}:d:answer");
  });

  test("of what is no user's lie under no user's tag, whatever they are called", () => {
    fc.assert(
      fc.property(scope, id, id, (of, one, other) => {
        const shared = [
          redisKeys.instances,
          redisKeys.agreement(one),
          redisKeys.channel(one),
          redisKeys.agreement(other),
          redisKeys.channel(other),
        ];
        expect(new Set(shared).size).toBe(one === other ? 3 : 5);
        expect(allKeys(of, one).filter((key) => shared.includes(key))).toEqual([]);
        expect(shared.map(hashTag).every((tag) => tag === undefined)).toBe(true);
      }),
      { seed: testSeed("names of what is shared"), numRuns: 1_000 },
    );
  });

  test("no two ids are spelled alike, and none has a separator, a brace or a space", () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        expect(encodeId(one) === encodeId(other)).toBe(one === other);
        expect(encodeId(one)).not.toMatch(/[:{}/|#\s]/u);
      }),
      { seed: testSeed("spelling of ids"), numRuns: 5_000 },
    );
  });

  test("no two keys of any users, conversations and kinds are the same", () => {
    fc.assert(
      fc.property(scope, id, scope, id, (one, first, other, second) => {
        const mine = allKeys(one, first);
        expect(new Set(mine).size).toBe(mine.length);
        const same = allKeys(other, second).filter((key) => mine.includes(key));
        const sameTenant = one.tenant === other.tenant;
        const sameUser = sameTenant && one.user === other.user;
        const sameConversation = first === second;
        const expected =
          (sameUser ? OF_USERS.length : 0) +
          (sameUser && sameConversation ? OF_CONVERSATIONS.length : 0) +
          (sameTenant && sameConversation ? 1 : 0);
        expect(same).toHaveLength(expected);
      }),
      { seed: testSeed("names of keys"), numRuns: 5_000 },
    );
  });

  test("what a tenant's users share has no name of any user's, conversation's or other tenant's", () => {
    fc.assert(
      fc.property(scope, scope, id, (one, other, conversation) => {
        const shared = keysOfTenant(one);
        expect(new Set(shared.map(hashTag)).size).toBe(1);
        expect(
          [one, other].flatMap((of) => allKeys(of, conversation)).filter((key) => shared.includes(key)),
        ).toEqual([]);
        const same = keysOfTenant(other).filter((key) => shared.includes(key));
        expect(same).toHaveLength(one.tenant === other.tenant ? OF_PARTIES.length : 0);
      }),
      { seed: testSeed("names of what a tenant shares"), numRuns: 2_000 },
    );
  });

  test.each(LOOKALIKES)("%j and %j lie under tags of their own, each user's keys under one", (one, other) => {
    const tags = [one, other].map((of) => new Set(allKeys(of, "{x}").slice(0, -1).map(hashTag)));
    expect(tags.map(({ size }) => size)).toEqual([1, 1]);
    expect(tags[0]).not.toEqual(tags[1]);
  });
});
