import type { LiveReply } from "../delivery/live-reply.ts";
import type { ReplyEnd } from "../ports/archive.ts";
import type { Services } from "./services.ts";
import { type Answering, type AnswerResult, GO_ON, required, type StepOutcome } from "./turn.ts";

/** Longest answer that is kept in a cache, characters: one `response` frame must hold it. */
const CACHEABLE_CHARACTERS = 32_768;
/** Tries of a write that fails, and the wait before each further one, milliseconds. */
const RETRY_AFTER = [50, 250, 1_000] as const;

/** Stores the answer as it came out, whole or partial, tells its readers, and frees what it held. */
export async function persist(turn: Answering, services: Services): Promise<StepOutcome> {
  const { reply } = turn;
  const result = required(turn.result, "result");
  if (reply.epoch !== turn.epoch || reply.owner !== null) return GO_ON;
  if (!(await endReply(reply, result, services))) return GO_ON;
  if (turn.cacheDigest !== undefined && result.reason === "stop") {
    const content = reply.log.text();
    if (content !== "" && content.length <= CACHEABLE_CHARACTERS) {
      const cache = services.answerCache.forTenant(reply.scope.tenant);
      const kept = { content, model: result.model };
      await cache.set(turn.cacheDigest, kept, turn.tenant.cache.ttlSeconds, reply.scope.user);
    }
  }
  return GO_ON;
}

/**
 * Ends a reply, once: in the archive first, where the first end wins, then for its readers. Where the archive
 * cannot be written, its readers are told the truth all the same, and the reply stays owed for the next sweep.
 *
 * @returns false where it had ended already
 */
export async function endReply(reply: LiveReply, result: AnswerResult, services: Services): Promise<boolean> {
  const { reason, model, usage, trouble } = result;
  const at = services.clock.now();
  const content = reply.log.text();
  const end: ReplyEnd = {
    conversation: reply.conversation,
    reply: reply.id,
    reason,
    seq: reply.log.seq,
    epoch: reply.epoch,
    content,
    model,
    usage,
    at,
  };
  try {
    if (!(await storeEnd(reply, end, services))) {
      services.cluster.yielded(reply);
      return false;
    }
  } catch (error) {
    services.log.error(
      { err: error, reply: reply.id, tenant: reply.scope.tenant },
      "an answer could not be stored",
    );
    const message = "the answer could not be stored";
    reply.end({ reason: "error", model, usage }, { code: "INTERNAL", message });
    services.replies.ended(reply);
    return true;
  }
  await settle(reply, end, services);
  services.connections.touch(reply.scope);
  reply.end({ reason, model, usage }, trouble);
  services.replies.ended(reply);
  // Only now: while it runs, what it says is written to the journal.
  await settled([services.journal.drop(reply.scope, reply.id, reply.epoch)], reply, services);
  return true;
}

/** What follows from an end that is in the archive. Where some of it fails, the reply has ended well all the same. */
async function settle(reply: LiveReply, end: ReplyEnd, services: Services): Promise<void> {
  const work = [services.reservations.finish(reply.scope, reply.id), remember(reply, end, services)];
  await settled(work, reply, services);
}

async function settled(work: readonly Promise<void>[], reply: LiveReply, services: Services): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "fulfilled") continue;
    services.log.error(
      { err: outcome.reason, reply: reply.id, tenant: reply.scope.tenant },
      "an answer is stored, and what follows from it failed",
    );
  }
}

/** Gives an answer to history, where it is part of its conversation: what was superseded or cleared is not shown. */
async function remember(
  reply: LiveReply,
  { content, at, reason }: ReplyEnd,
  services: Services,
): Promise<void> {
  if ((await services.archive.forUser(reply.scope).conversationOf(reply.id)) === null) return;
  await services.history.stored(reply.scope, reply.conversation, {
    id: reply.id,
    role: "assistant",
    position: reply.position,
    content,
    at,
    to: reply.message,
    ...(reason === "stop" ? {} : { status: reason }),
  });
}

async function storeEnd(reply: LiveReply, end: ReplyEnd, services: Services): Promise<boolean> {
  const archive = services.archive.forUser(reply.scope);
  for (const wait of RETRY_AFTER) {
    try {
      return await archive.endReply(end);
    } catch (error) {
      services.log.warn({ err: error, reply: reply.id }, "storing an answer failed; trying again");
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return archive.endReply(end);
}
