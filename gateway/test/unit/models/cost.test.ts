import { describe, expect, test } from "@jest/globals";
import { usageOf, wasteOf } from "../../../src/llm/book-usage.ts";
import { replyCost } from "../../../src/llm/cost.ts";
import { type Model, modelByName } from "../../../src/llm/models.ts";
import { NOTHING_USED } from "../../../src/ports/usage-store.ts";

const HAIKU = modelByName("claude-haiku-5-5") as Model;

describe("what a reply costs", () => {
  test.each([
    [
      "fresh input and output",
      { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 0 },
      undefined,
      0.00015,
    ],
    [
      "input from the provider's cache",
      { inputTokens: 1_000, outputTokens: 0, cachedInputTokens: 900 },
      undefined,
      0.000019,
    ],
    ["a long prompt", { inputTokens: 200_000, outputTokens: 0, cachedInputTokens: 0 }, undefined, 0.1],
    [
      "the tenant's own price of output",
      { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 0 },
      { output: 50 },
      0.0051,
    ],
    [
      "prices of nothing",
      { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 0 },
      { input: 0, output: 0 },
      0,
    ],
  ])("%s", (_, usage, prices, cost) => {
    expect(replyCost(HAIKU, usage, prices)).toBeCloseTo(cost, 10);
  });

  const end = {
    conversation: "c",
    reply: "r",
    reason: "stop",
    seq: 1,
    epoch: 1,
    content: "x",
    model: "claude-haiku-5-5",
    usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0 },
    at: Date.parse("2026-11-24T23:59:59.999Z"),
  } as const;

  test("is booked on the day, in UTC, on which the reply ended", () => {
    expect(usageOf(end, undefined)).toMatchObject({
      day: "2026-11-24",
      messages: 1,
      outputTokens: 5,
      cacheHits: 0,
    });
  });

  test("is nothing for an answer from a cache, which counts as a hit", () => {
    const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
    expect(usageOf({ ...end, usage }, undefined)).toMatchObject({ cost: 0, cacheHits: 1 });
    expect(usageOf({ ...end, usage, reason: "cancelled" }, undefined)).toMatchObject({ cacheHits: 0 });
  });

  test("is nothing for a model that the table has no more, whose tokens still count", () => {
    expect(usageOf({ ...end, model: "gone" }, undefined)).toMatchObject({ cost: 0, inputTokens: 10 });
  });

  test("of a lost attempt stands apart from all that was used", () => {
    const waste = { model: "claude-haiku-5-5", inputTokens: 1_000, outputTokens: 100 };
    expect(wasteOf(waste, end.at, undefined)).toEqual({
      ...NOTHING_USED,
      day: "2026-11-24",
      model: "claude-haiku-5-5",
      wastedTokens: 1_100,
      wastedCost: expect.closeTo(0.00015, 10),
    });
    expect(wasteOf({ ...waste, model: "gone" }, end.at, undefined)).toMatchObject({
      wastedTokens: 1_100,
      wastedCost: 0,
    });
  });
});
