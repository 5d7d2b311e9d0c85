import type { ConversationOwner } from "../../ports/conversation-leases.ts";
import type { Scope } from "../../ports/scope.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";

/** Who has a conversation, and whether that is this instance. */
export type Claimed = ConversationOwner & { readonly mine: boolean };

interface Surroundings {
  readonly parts: ClusterParts;
  readonly members: Membership;
  readonly leases: LeaseKeeper;
}

/**
 * Takes a conversation's lease, in an epoch above the given one, or learns who has it. Where the store has forgotten
 * that, whoever runs something of the conversation says so first.
 */
export async function claim(
  { parts, members, leases }: Surroundings,
  { scope, conversation, above }: { scope: Scope; conversation: string; above: number },
): Promise<Claimed> {
  await members.present();
  if (!members.sure && (await mayRunElsewhere(parts, scope, conversation))) await members.untilSure();
  return await leases.acquire(scope, conversation, above);
}

async function mayRunElsewhere(
  { archive, replies }: ClusterParts,
  scope: Scope,
  conversation: string,
): Promise<boolean> {
  const owed = await archive.forUser(scope).openReplies(conversation);
  return owed.some(({ reply }) => replies.get(scope, reply)?.owner !== null && !replies.accepting.has(reply));
}
