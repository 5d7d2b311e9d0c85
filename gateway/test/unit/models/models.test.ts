import { describe, expect, test } from "@jest/globals";
import { estimateTokens } from "../../../src/llm/estimate-tokens.ts";
import {
  CHEAPEST_CLAUDE,
  MODELS,
  modelByName,
  SIMULATED_MODEL,
  servingModel,
} from "../../../src/llm/models.ts";

describe("the table of models", () => {
  test("given any row, it is dated, sourced, and its figures make sense", () => {
    for (const model of MODELS) {
      expect(model.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(model.source).not.toBe("");
      expect(model.maxOutputTokens).toBeLessThan(model.contextTokens);
      expect(model.prices.cachedInput).toBeLessThanOrEqual(model.prices.input);
      expect(model.prices.input).toBeLessThanOrEqual(model.prices.output);
      if (model.longPrompt) expect(model.longPrompt.prices.input).toBeGreaterThan(model.prices.input);
    }
    expect(new Set(MODELS.map((model) => model.name)).size).toBe(MODELS.length);
  });

  test("given the default Claude, no other Claude is cheaper by input or by output", () => {
    const cheapest = modelByName(CHEAPEST_CLAUDE);
    expect(cheapest?.provider).toBe("anthropic");
    for (const model of MODELS.filter((row) => row.provider === "anthropic")) {
      expect(model.prices.input).toBeGreaterThanOrEqual(cheapest?.prices.input ?? Number.NaN);
      expect(model.prices.output).toBeGreaterThanOrEqual(cheapest?.prices.output ?? Number.NaN);
    }
  });

  test("given the simulated model, it costs nothing", () => {
    expect(Object.values(modelByName(SIMULATED_MODEL)?.prices ?? {})).toEqual([0, 0, 0, 0]);
  });

  test("given a name nobody knows, there is no model", () => {
    expect(modelByName("gpt-from-the-future")).toBeUndefined();
    expect(modelByName("constructor")).toBeUndefined();
  });
});

describe("the model that serves", () => {
  test("given its provider is there, the chosen one", () => {
    expect(servingModel("claude-opus-5-5", () => true).name).toBe("claude-opus-5-5");
  });

  test("given no such provider, or no such model, the simulated one", () => {
    expect(servingModel("claude-opus-5-5", (provider) => provider === "simulator").name).toBe(
      SIMULATED_MODEL,
    );
    expect(servingModel("no-such-model", () => true).name).toBe(SIMULATED_MODEL);
  });
});

describe("the estimate of tokens", () => {
  test("given nothing, none", () => {
    expect(estimateTokens("")).toBe(0);
  });

  test("given English, about four characters a token, rounded up", () => {
    expect(estimateTokens("word")).toBe(1);
    expect(estimateTokens("words")).toBe(2);
    expect(estimateTokens("a".repeat(4_000))).toBe(1_000);
  });

  test("given other scripts, more tokens a character", () => {
    expect(estimateTokens("Привет")).toBe(3);
    expect(estimateTokens("日本語")).toBe(3);
    expect(estimateTokens("🎉")).toBe(2);
  });
});
