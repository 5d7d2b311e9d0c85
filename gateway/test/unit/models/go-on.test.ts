import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { estimateTokens } from "../../../src/llm/estimate-tokens.ts";
import { goOnTurns, joinedUsage } from "../../../src/llm/go-on.ts";
import { testSeed } from "../../ports/support/seed.ts";

describe("going on with an answer that broke off", () => {
  test("given a model that takes its own turn in last place, that turn is all", () => {
    expect(goOnTurns("Half an", true)).toEqual([{ role: "assistant", content: "Half an" }]);
  });

  test("given any other, a user's turn quotes the end, never half a character", () => {
    const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(texts, (text) => {
        const [answer, request, ...more] = goOnTurns(text, false);
        expect(answer).toEqual({ role: "assistant", content: text });
        expect(request?.role).toBe("user");
        expect(more).toEqual([]);
        const [, end = ""] = /<<<(.*)>>>\n/su.exec(request?.content ?? "") ?? [];
        expect(text.endsWith(end)).toBe(true);
        expect(end.length).toBeGreaterThan(0);
        expect(request?.content.isWellFormed()).toBe(text.isWellFormed());
      }),
      { seed: testSeed("going on") },
    );
  });

  test("the tenant pays one prompt and all of the text, and no beginning that was read again", () => {
    const beginning = "a".repeat(400);
    const usage = { inputTokens: 160, outputTokens: 30, cachedInputTokens: 100 };
    expect(joinedUsage(usage, beginning)).toEqual({
      inputTokens: 60,
      outputTokens: 130,
      cachedInputTokens: 60,
      estimated: true,
    });
    expect(joinedUsage({ ...usage, inputTokens: 20 }, beginning).inputTokens).toBe(0);
    expect(estimateTokens(beginning)).toBe(100);
  });

  test("an answer that began by itself is paid as it was counted", () => {
    const usage = { inputTokens: 160, outputTokens: 30, cachedInputTokens: 100 };
    expect(joinedUsage(usage, "")).toBe(usage);
  });
});
