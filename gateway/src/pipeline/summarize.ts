import type { LiveReply } from "../delivery/live-reply.ts";
import { afterSummary, summaryDue, summaryRequest } from "../history/summary.ts";
import { CHEAPEST_CLAUDE, servingModel } from "../llm/models.ts";
import type { Services } from "./services.ts";

/** Longest time that a summary may take, seconds: as long as its claim holds. */
const SUMMARY_SECONDS = 60;
/** Most tokens of a summary. */
const SUMMARY_TOKENS = 600;
/** Messages that one summary reads at most. */
const SUMMARY_MESSAGES = 100;

/**
 * Makes the next summary of a conversation, where one is due and nobody else is making it. Runs beside the
 * conversation: no answer waits for it.
 *
 * @param signal aborted when the gateway stops
 */
export async function summarize(reply: LiveReply, services: Services, signal: AbortSignal): Promise<void> {
  const { scope, conversation, position } = reply;
  const { summaries, archive, providers } = services;
  if (summaryDue(position, await summaries.read(scope, conversation)) === null) return;
  const claim = await summaries.claim(scope, conversation, SUMMARY_SECONDS);
  if (claim === null) return;
  try {
    // Read anew under the claim: what was read before it may have been dropped or erased since.
    const summary = await summaries.read(scope, conversation);
    const upTo = summaryDue(position, summary);
    if (upTo === null) return;
    const messages = await archive.forUser(scope).context(conversation, upTo + 1, SUMMARY_MESSAGES);
    if (messages.length === 0) return;
    const model = servingModel(CHEAPEST_CLAUDE, (provider) => providers.has(provider));
    const provider = providers.get(model.provider);
    if (provider === undefined) return;
    const pieces: string[] = [];
    await provider.stream(
      {
        model: model.providerModel,
        maxOutputTokens: SUMMARY_TOKENS,
        ...summaryRequest(afterSummary(messages, summary), summary),
      },
      (part) => {
        if (part.type === "text") pieces.push(part.text);
      },
      AbortSignal.any([signal, AbortSignal.timeout(SUMMARY_SECONDS * 1000)]),
    );
    const text = pieces.join("").trim();
    if (text !== "") await summaries.write(scope, conversation, { text, position: upTo }, claim);
  } finally {
    await summaries.unclaim(scope, conversation, claim);
  }
}
