import type { Usage } from "@parlance/protocol";
import type { ModelAttempt } from "../ports/reply-journal.ts";

/**
 * Estimates how many tokens a text is, where no provider has counted: a quarter of a token for a character of
 * a Latin script, half of one for other alphabets, one for ideographs, kana, hangul and each half of an emoji.
 * Good to about a third either way; never a price on its own, and marked `estimated` wherever it is shown.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    quarters += unit < 0x300 ? 1 : unit < 0x2e80 ? 2 : 4;
  }
  return Math.ceil(quarters / 4);
}

/**
 * What a reply took that came to no final count: what was asked, and its text by estimate.
 *
 * @param attempt null where no model was asked: that took nothing
 */
export function estimatedUsage(
  attempt: ModelAttempt | null,
  text: string,
): { readonly model: string; readonly usage: Usage } {
  const { model, inputTokens } = attempt ?? { model: "", inputTokens: 0 };
  const outputTokens = attempt === null ? 0 : estimateTokens(text);
  const estimated = attempt === null ? {} : { estimated: true };
  return { model, usage: { inputTokens, outputTokens, cachedInputTokens: 0, ...estimated } };
}
