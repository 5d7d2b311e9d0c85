import { describe, expect, test } from "@jest/globals";
import { planTakeOver } from "../../../src/delivery/lost-attempt.ts";
import { estimateTokens } from "../../../src/llm/estimate-tokens.ts";

const ATTEMPT = { model: "claude-haiku-5-5", inputTokens: 90 };
const TEXT = "Half an answer";
const WRITTEN = { epoch: 3, seq: 6, text: TEXT, attempt: ATTEMPT };
const RUN = { ends: false, kept: null, waste: null };
const POLICIES = ["restart", "continue", "end"] as const;
const waste = (inputTokens: number, outputTokens: number) => ({
  model: ATTEMPT.model,
  inputTokens,
  outputTokens,
});

describe("what becomes of a reply whose instance is gone", () => {
  test.each(POLICIES)("%s: one that had not begun, or came from a cache, is run at no cost", (policy) => {
    expect(planTakeOver(policy, 3, null, false)).toEqual(RUN);
    expect(planTakeOver(policy, 3, { epoch: 3, seq: 1, text: "from a cache" }, false)).toEqual(RUN);
  });

  test("restart: nothing is kept, and all of the attempt is waste", () => {
    expect(planTakeOver("restart", 3, WRITTEN, false)).toEqual({
      ...RUN,
      waste: waste(90, estimateTokens(TEXT)),
    });
  });

  test("continue: the text is kept, without white space at its end; its prompt is waste, and not paid again", () => {
    const plan = planTakeOver("continue", 3, { ...WRITTEN, text: `${TEXT} \n\n` }, false);
    const kept = { text: TEXT, seq: 6, attempt: { ...ATTEMPT, inputTokens: 0 } };
    expect(plan).toEqual({ ends: false, kept, waste: waste(90, 0) });
  });

  test.each(["", " \n"])("continue: from %j there is nothing to go on, and it is made anew", (text) => {
    const plan = planTakeOver("continue", 3, { ...WRITTEN, text }, false);
    expect(plan).toEqual({ ...RUN, waste: waste(90, estimateTokens(text)) });
  });

  test("end: the text is kept and paid; without any, the prompt is waste", () => {
    const kept = { text: TEXT, seq: 6, attempt: ATTEMPT };
    expect(planTakeOver("end", 3, WRITTEN, false)).toEqual({ ends: true, kept, waste: null });
    const wordless = { ...WRITTEN, seq: 0, text: "" };
    expect(planTakeOver("end", 3, wordless, false)).toEqual({
      ends: true,
      kept: { text: "", seq: 0, attempt: null },
      waste: waste(90, 0),
    });
  });

  test.each(POLICIES)(
    "%s: what is told of an attempt before the lost one is wasted no second time",
    (policy) => {
      const plan = planTakeOver(policy, 4, WRITTEN, false);
      expect(plan.waste).toBeNull();
      expect(plan.kept?.text ?? "").toBe(policy === "restart" ? "" : TEXT);
    },
  );

  describe("and that nobody wants any more", () => {
    test.each(POLICIES)("%s: ends, and keeps and pays what was said of it", (policy) => {
      const kept = { text: TEXT, seq: 6, attempt: ATTEMPT };
      expect(planTakeOver(policy, 3, WRITTEN, true)).toEqual({ ends: true, kept, waste: null });
      expect(planTakeOver(policy, 3, null, true)).toEqual({ ends: true, kept: null, waste: null });
    });

    test("keeps what came before the lost attempt only where that one went on from it", () => {
      const plans = POLICIES.map((policy) => planTakeOver(policy, 4, WRITTEN, true));
      expect(plans.map(({ kept }) => kept?.text ?? null)).toEqual([null, TEXT, TEXT]);
      expect(planTakeOver("continue", 4, { ...WRITTEN, text: " " }, true).kept).toBeNull();
      expect(plans.map(({ ends, waste }) => ({ ends, waste }))).toEqual(
        POLICIES.map(() => ({ ends: true, waste: null })),
      );
    });
  });
});
