import type { WastedTokens } from "../llm/book-usage.ts";
import { estimatedUsage } from "../llm/estimate-tokens.ts";
import type { Archive } from "../ports/archive.ts";
import type { ReplyJournal } from "../ports/reply-journal.ts";
import type { TenantId } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import { planTakeOver } from "./lost-attempt.ts";

/**
 * Ends what was acknowledged and never ended, because the gateway died: as `interrupted`, with the text that
 * had reached the journal. Run at start-up, before the first socket.
 *
 * @param stores.wasted books what was asked of a model and nobody keeps
 * @returns how many replies were ended
 */
export async function sweepOwedReplies(stores: {
  archive: Archive;
  journal: ReplyJournal;
  clock: Clock;
  wasted: (tenant: TenantId, waste: WastedTokens) => Promise<void>;
}): Promise<number> {
  const { archive, journal, clock, wasted } = stores;
  let count = 0;
  for (const owed of await archive.owed()) {
    const scope = { tenant: owed.tenant, user: owed.user };
    const written = await journal.read(scope, owed.reply);
    const { kept, waste } = planTakeOver("end", owed.epoch, written, false);
    const content = kept?.text ?? "";
    const ended = await archive.forUser(scope).endReply({
      conversation: owed.conversation,
      reply: owed.reply,
      reason: "interrupted",
      seq: kept?.seq ?? 0,
      epoch: owed.epoch,
      content,
      ...estimatedUsage(kept?.attempt ?? null, content),
      at: clock.now(),
    });
    await journal.drop(scope, owed.reply, owed.epoch);
    if (!ended) continue;
    if (waste !== null) await wasted(owed.tenant, waste);
    count++;
  }
  return count;
}
