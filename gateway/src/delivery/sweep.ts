import { estimateTokens } from "../llm/estimate-tokens.ts";
import type { Archive } from "../ports/archive.ts";
import type { ReplyJournal } from "../ports/reply-journal.ts";
import type { Clock } from "../ports/system.ts";

/**
 * Ends what was acknowledged and never ended, because the gateway died: as `interrupted`, with the text that
 * had reached the journal. Run at start-up, before the first socket.
 *
 * @returns how many replies were ended
 */
export async function sweepOwedReplies(stores: {
  archive: Archive;
  journal: ReplyJournal;
  clock: Clock;
}): Promise<number> {
  const { archive, journal, clock } = stores;
  let count = 0;
  for (const owed of await archive.owed()) {
    const scope = { tenant: owed.tenant, user: owed.user };
    const written = await journal.read(scope, owed.reply);
    const content = written?.text ?? "";
    const ended = await archive.forUser(scope).endReply({
      conversation: owed.conversation,
      reply: owed.reply,
      reason: "interrupted",
      seq: written?.seq ?? 0,
      epoch: written?.epoch ?? owed.epoch,
      content,
      model: "",
      usage: { inputTokens: 0, outputTokens: estimateTokens(content), cachedInputTokens: 0, estimated: true },
      at: clock.now(),
    });
    await journal.drop(scope, owed.reply);
    if (ended) count++;
  }
  return count;
}
