import type { WastedTokens } from "../llm/book-usage.ts";
import { estimateTokens } from "../llm/estimate-tokens.ts";
import type { TakeOverPolicy } from "../ports/registry-store.ts";
import type { JournaledReply, ModelAttempt } from "../ports/reply-journal.ts";

/** What of a lost attempt stands: its successor begins with it. */
export interface KeptText {
  readonly text: string;
  /** The chunks that it was. */
  readonly seq: number;
  /** What the tenant pays for, beside the text; null where no model was asked. */
  readonly attempt: ModelAttempt | null;
}

/** What becomes of a reply whose instance is gone. */
export interface TakeOverPlan {
  /** Whether it ends with what is kept; else it is run. */
  readonly ends: boolean;
  /** Null: it begins anew, or for the first time. */
  readonly kept: KeptText | null;
  /** What was asked of a model and nobody keeps. */
  readonly waste: WastedTokens | null;
}

/**
 * Decides what becomes of a reply, by its tenant's choice. What has not begun is run, whatever was chosen; so is,
 * at no cost, what no model was asked for. What the user keeps is the tenant's to pay, everything else is waste.
 * What is to be stopped ends with what the user has of it.
 *
 * @param epoch of the attempt that is lost
 * @param written what the journal holds of the reply. Of an attempt before the lost one, it is where the lost one
 *   began, unless that one began anew, and its waste was told by whoever began that one
 * @param stopped whether nobody wants the reply any more
 */
export function planTakeOver(
  policy: TakeOverPolicy,
  epoch: number,
  written: JournaledReply | null,
  stopped: boolean,
): TakeOverPlan {
  if (written?.attempt === undefined) return { ends: stopped, kept: null, waste: null };
  const { text, seq, attempt } = written;
  // A model is never asked to go on from white space: it would take its own for the continuation.
  const begun = text.trimEnd();
  const goesOn = policy === "continue" && begun !== "";
  const wasted = (inputTokens: number, outputTokens: number): WastedTokens | null =>
    written.epoch === epoch ? { model: attempt.model, inputTokens, outputTokens } : null;
  if (policy === "end" || stopped) {
    const isGivenUp = written.epoch < epoch && policy !== "end" && !goesOn;
    if (isGivenUp) return { ends: true, kept: null, waste: null };
    return text === ""
      ? { ends: true, kept: { text, seq, attempt: null }, waste: wasted(attempt.inputTokens, 0) }
      : { ends: true, kept: { text, seq, attempt }, waste: null };
  }
  if (!goesOn) return { ends: false, kept: null, waste: wasted(attempt.inputTokens, estimateTokens(text)) };
  const kept = { text: begun, seq, attempt: { ...attempt, inputTokens: 0 } };
  return { ends: false, kept, waste: wasted(attempt.inputTokens, 0) };
}
