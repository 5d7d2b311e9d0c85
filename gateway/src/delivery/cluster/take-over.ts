import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import type { ClusterParts } from "./parts.ts";

/** A conversation that owes replies which do not run here. */
export interface Owed {
  readonly scope: Scope;
  readonly conversation: string;
  /** The highest epoch in which one of them was run. */
  readonly epoch: number;
}

/**
 * Finds the conversations that owe replies which this instance does not run, and offers each to `claim`, which
 * takes it if nobody else has it.
 */
export async function takeOver(
  { archive, replies, log }: Pick<ClusterParts, "archive" | "replies" | "log">,
  claim: (owed: Owed) => Promise<void>,
): Promise<void> {
  const conversations = new Map<string, Owed>();
  for (const { tenant, user, conversation, reply, epoch } of await archive.owed()) {
    const scope = { tenant, user };
    if (replies.get(scope, reply)?.owner === null) continue;
    const key = `${conversation} ${scopeKey(scope)}`;
    const known = conversations.get(key);
    conversations.set(key, { scope, conversation, epoch: Math.max(epoch, known?.epoch ?? 0) });
  }
  for (const owed of conversations.values()) {
    try {
      await claim(owed);
    } catch (error) {
      log.warn({ err: error, conversation: owed.conversation }, "a conversation could not be taken over");
    }
  }
}
